package shop;

record Player(String name, Integer points) {}
