fn parse(text: &str) -> u32 {
    text.parse().expect("the input is a number")
}

pub fn double(text: &str) -> u32 {
    parse(text) * 2
}
