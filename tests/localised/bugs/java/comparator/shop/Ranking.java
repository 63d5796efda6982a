package shop;

import java.util.Comparator;
import java.util.List;

class Ranking {
    static List<Player> sorted(List<Player> players) {
        return players.stream().sorted(Comparator.comparing(Player::points).reversed()).toList();
    }
}
