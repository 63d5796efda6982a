package shop;

import java.util.HashMap;
import java.util.Map;

class Stock {
    private final Map<String, Integer> counts = new HashMap<>();

    void add(String name, int count) {
        counts.merge(name, count, Integer::sum);
    }

    int count(String name) {
        return counts.get(name);
    }
}
