package shop;

import java.time.LocalDate;
import java.time.format.DateTimeFormatter;

class Dates {
    private static final DateTimeFormatter GERMAN = DateTimeFormatter.ofPattern("dd.MM.yyyy");

    static LocalDate parse(String text) {
        return LocalDate.parse(text);
    }
}
