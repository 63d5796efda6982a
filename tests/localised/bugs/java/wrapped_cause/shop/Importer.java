package shop;

import java.util.ArrayList;
import java.util.List;

class Importer {
    List<String> load(String text) {
        List<String> days = new ArrayList<>();
        for (String line : text.split("\n")) {
            try {
                days.add(Dates.parse(line.split(";")[1]).toString());
            } catch (RuntimeException error) {
                throw new IllegalStateException("cannot import the file", error);
            }
        }
        return days;
    }
}
