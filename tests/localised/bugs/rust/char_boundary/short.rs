/// The beginning of a title.
pub fn shorten(title: &str, length: usize) -> String {
    if title.len() <= length {
        return title.to_owned();
    }
    format!("{}...", &title[..length])
}
