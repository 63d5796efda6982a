package shop;

final class Mail {
    private Mail() {}

    /** The part after the at sign. */
    static String domain(String address) {
        int at = address.indexOf('@');
        String local = address.substring(0, at);
        return local.isEmpty() ? "" : address.substring(at + 1);
    }
}
