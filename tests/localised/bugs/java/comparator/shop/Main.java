package shop;

import java.util.Arrays;
import java.util.List;

public class Main {
    public static void main(String[] arguments) {
        List<Player> players = Arrays.asList(new Player("Ada", 7), new Player("Grace", null), new Player("Alan", 3));
        System.out.println(Ranking.sorted(players).get(0).name());
    }
}
