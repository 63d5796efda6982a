package shop;

import java.util.List;

class Shelf {
    private final Stock stock;

    Shelf(Stock stock) {
        this.stock = stock;
    }

    int total(List<String> names) {
        return names.stream().mapToInt(stock::count).sum();
    }
}
