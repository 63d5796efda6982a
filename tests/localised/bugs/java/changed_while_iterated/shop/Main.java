package shop;

public class Main {
    public static void main(String[] arguments) {
        Sessions sessions = new Sessions();
        for (int age = 1; age <= 4; age++) sessions.open("session " + age, age);
        sessions.removeExpired(2);
        System.out.println(sessions.size());
    }
}
