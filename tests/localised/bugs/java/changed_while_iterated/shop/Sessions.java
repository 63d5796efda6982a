package shop;

import java.util.HashMap;
import java.util.Map;

class Sessions {
    private final Map<String, Integer> ages = new HashMap<>();

    void open(String name, int age) {
        ages.put(name, age);
    }

    void removeExpired(int limit) {
        for (String name : ages.keySet()) {
            if (ages.get(name) > limit) ages.remove(name);
        }
    }

    int size() {
        return ages.size();
    }
}
