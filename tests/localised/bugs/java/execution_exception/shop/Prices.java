package shop;

import java.util.List;

class Prices {
    static double parse(String text) {
        return Double.parseDouble(text);
    }

    static double sum(List<String> texts) {
        return texts.stream().mapToDouble(Prices::parse).sum();
    }
}
