package shop;

import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

public class Main {
    public static void main(String[] arguments) throws Exception {
        ExecutorService pool = Executors.newFixedThreadPool(2);
        try {
            Callable<Double> sum = () -> Prices.sum(List.of("3.20", "1,10"));
            System.out.println(pool.submit(sum).get());
        } finally {
            pool.shutdown();
        }
    }
}
