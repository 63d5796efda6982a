use std::collections::HashMap;

/// The values of a configuration without a file.
pub fn defaults() -> HashMap<String, String> {
    let values = [("host", "127.0.0.1"), ("Port", "8080")];
    values.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}
