// Small failing programs in Java, one for each bug: `java Shop.java BUG NUMBER`.

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Executors;

class Shop {
    static class QuotaException extends RuntimeException {
        QuotaException(String message) {
            super(message);
        }
    }

    static class Settings {
        static final int LIMIT = Integer.parseInt("none");
    }

    static int parseAmount(String text) {
        return Integer.parseInt(text);
    }

    static double parseWeight(String text) {
        return Double.parseDouble(text);
    }

    static String label(String name) {
        return name.trim();
    }

    static int pick(int[] prices, int at) {
        return prices[at];
    }

    static int walk(int depth) {
        return walk(depth + 1) + 1;
    }

    static void reserve(int number) {
        throw new QuotaException("tenant " + number + " is over its quota");
    }

    static void ship(int number) {
        throw new IllegalStateException("no carrier for parcel " + number);
    }

    static void bill(int number) {
        throw new IllegalStateException("invoice " + number + " is empty");
    }

    static void change() {
        List.of(1, 2).add(3);
    }

    static Object cast(Object value) {
        return (String) value;
    }

    static void inPool(int number, boolean orders) throws Exception {
        var pool = Executors.newFixedThreadPool(1);
        try {
            pool.submit(() -> orders ? parseAmount(number + ",50") : pick(new int[1], number)).get();
        } finally {
            pool.shutdown();
        }
    }

    static void wrapped(int number) {
        try {
            parseWeight(number + "kg");
        } catch (NumberFormatException error) {
            throw new RuntimeException("import of file " + number + " failed", error);
        }
    }

    public static void main(String[] arguments) throws Exception {
        int number = Integer.parseInt(arguments[1]);
        switch (arguments[0]) {
            case "amount" -> parseAmount(number + ",50");
            case "weight" -> parseWeight(number + "kg");
            case "label" -> label((String) Map.of().get("name"));
            case "index" -> pick(new int[3], number);
            case "recursion" -> walk(0);
            case "quota" -> reserve(number);
            case "carrier" -> ship(number);
            case "invoice" -> bill(number);
            case "immutable" -> change();
            case "cast" -> cast(number);
            case "optional" -> Optional.empty().get();
            case "pool_amount" -> inPool(number, true);
            case "pool_index" -> inPool(number, false);
            case "wrapped" -> wrapped(number);
            case "settings" -> System.out.println(Settings.LIMIT);
            default -> throw new IllegalArgumentException(arguments[0]);
        }
    }
}
