mod text;

fn main() {
    let names = ["Ada Lovelace", "Grace  Hopper"];
    for name in names {
        println!("{}", text::initials(name));
    }
}
