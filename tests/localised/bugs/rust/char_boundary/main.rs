mod short;

fn main() {
    for title in ["A short title", "Größe und Gewicht"] {
        println!("{}", short::shorten(title, 3));
    }
}
