//! Masks the user's name in home directories: a path is useful, a person's account name is not.

use std::borrow::Cow;

/// What stands before the user's name.
const HOMES: [&str; 4] = ["/home/", "/Users/", "\\Users\\", "/users/"];
/// What stands in place of the user's name.
const USER: &str = "<user>";
/// Longest account name that is looked for, in bytes.
const LONGEST_NAME: usize = 64;
/// Directories under a home root that belong to nobody.
const SHARED: [&str; 4] = ["Shared", "Public", "runner", USER];

/// `/home/ada/app.js` becomes `/home/<user>/app.js`; likewise under macOS and Windows.
#[must_use]
pub fn mask_home(text: &str) -> Cow<'_, str> {
    let mut masked = String::new();
    let mut copied = 0;
    let mut at = 0;
    let mut word = Word::default();
    while let Some((start, name_at)) = next_home(text, at) {
        at = name_at;
        let name = name_length(&text[name_at..]);
        // `https://host/users/42` is an address of an application, not a home.
        if name == 0 || SHARED.contains(&&text[name_at..name_at + name]) || word.is_address(text, start) {
            continue;
        }
        masked.push_str(&text[copied..name_at]);
        masked.push_str(USER);
        copied = name_at + name;
        at = copied;
    }
    if copied == 0 {
        return Cow::Borrowed(text);
    }
    masked.push_str(&text[copied..]);
    Cow::Owned(masked)
}

/// Where the next home root starts, and where the name after it starts.
fn next_home(text: &str, from: usize) -> Option<(usize, usize)> {
    let bytes = text.as_bytes();
    let mut pairs = bytes.windows(2).enumerate().skip(from);
    // Paths are full of separators; the letter after one tells most of them apart from a root.
    pairs.find_map(|(at, pair)| {
        if !matches!(pair, [b'/', b'h' | b'U' | b'u'] | [b'\\', b'U']) {
            return None;
        }
        HOMES.iter().find(|home| bytes[at..].starts_with(home.as_bytes())).map(|home| (at, at + home.len()))
    })
}

fn name_length(rest: &str) -> usize {
    let end =
        |c: char| c.is_whitespace() || matches!(c, '/' | '\\' | ':' | '"' | '\'' | ')' | ']' | '<' | '>' | ',' | ';');
    let length = rest.find(end).unwrap_or(rest.len());
    rest.floor_char_boundary(length.min(LONGEST_NAME))
}

/// The word a home root stands in, read forward once: looking back from each root would be quadratic.
#[derive(Default)]
struct Word {
    read: usize,
    /// Whether the word so far holds the scheme of a web address.
    address: bool,
}

impl Word {
    /// Whether what stands before `root` in its word is a web address.
    fn is_address(&mut self, text: &str, root: usize) -> bool {
        let bytes = text.as_bytes();
        for at in self.read..root {
            match bytes[at] {
                b'(' | b'"' | b'\'' | b'<' => self.address = false,
                byte if byte.is_ascii_whitespace() => self.address = false,
                b':' => {
                    let before = &bytes[..at];
                    self.address |=
                        bytes[at..].starts_with(b"://") && (before.ends_with(b"http") || before.ends_with(b"https"));
                }
                _ => {}
            }
        }
        self.read = self.read.max(root);
        self.address
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_masked_and_addresses_kept() {
        let check = |text: &str, masked: &str| assert_eq!(mask_home(text), masked);
        check("at /home/ada/app.js:1:2", "at /home/<user>/app.js:1:2");
        check("file:///Users/ada/x and C:\\Users\\ada\\x", "file:///Users/<user>/x and C:\\Users\\<user>\\x");
        check("https://shop.example/users/42/cart", "https://shop.example/users/42/cart");
        check("/home/", "/home/");
        check("/Users/Shared/x", "/Users/Shared/x");
        check("nothing here", "nothing here");
    }
}
