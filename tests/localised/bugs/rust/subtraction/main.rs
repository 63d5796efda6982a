mod pages;

fn main() {
    let first = pages::Page { offset: 0, size: 20 };
    println!("{:?}", pages::links(&first));
}
