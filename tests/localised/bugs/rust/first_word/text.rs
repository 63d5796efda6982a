/// The first letter of each word.
pub fn initials(name: &str) -> String {
    name.split(' ').map(|word| word.chars().next().unwrap()).collect()
}
