package shop;

import java.util.List;
import java.util.stream.Collectors;

public class Main {
    public static void main(String[] arguments) {
        List<String> addresses = List.of("ada@shop.example", "postmaster");
        System.out.println(addresses.stream().collect(Collectors.groupingBy(Mail::domain)));
    }
}
