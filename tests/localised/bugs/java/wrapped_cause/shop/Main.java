package shop;

public class Main {
    public static void main(String[] arguments) {
        System.out.println(new Importer().load("1;2026-03-01\n2;01.03.2026"));
    }
}
