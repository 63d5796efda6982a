package shop;

import java.util.List;

public class Main {
    public static void main(String[] arguments) {
        Stock stock = new Stock();
        stock.add("tea", 3);
        System.out.println(new Shelf(stock).total(List.of("tea", "pot")));
    }
}
