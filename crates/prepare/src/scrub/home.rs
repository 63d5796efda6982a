//! Masks account names in paths of home directories, because they are personal data.

use std::borrow::Cow;

/// Path prefixes before the account name.
const HOME_ROOTS: [&str; 7] = [
    "/home/",
    "/Users/",
    "\\Users\\",
    "/users/",
    "\\\\Users\\\\",
    "\\\\\\\\Users\\\\\\\\",
    "\\Documents and Settings\\",
];
/// Replacement for the account name.
const USER: &str = "<user>";
/// Maximum length of an account name, in bytes.
const MAX_NAME_BYTES: usize = 64;
/// Directories under a home root that are not named after a person.
const SHARED: [&str; 5] = ["Shared", "Public", "runner", "linuxbrew", USER];

/// Replaces `/home/ada/app.js` by `/home/<user>/app.js`, and likewise the paths of macOS and Windows.
#[must_use]
pub fn mask_home(text: &str) -> Cow<'_, str> {
    let mut masked = String::new();
    let mut copied = 0;
    let mut at = 0;
    let mut word = Word::default();
    while let Some((start, name_at)) = next_home(text, at) {
        at = name_at;
        let name = whole_name(&text[name_at..], &text[start..name_at]);
        // `https://host/users/42` is a web address, not a home directory.
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

/// Finds the next home root; returns the start of the root and the start of the name after it.
fn next_home(text: &str, from: usize) -> Option<(usize, usize)> {
    let bytes = text.as_bytes();
    let mut pairs = bytes.windows(2).enumerate().skip(from);
    // Check two bytes first: that rules out most separators of a path, so that few are compared with all roots.
    pairs.find_map(|(at, pair)| {
        if !matches!(pair, [b'/', b'h' | b'U' | b'u'] | [b'\\', b'U' | b'D' | b'\\']) {
            return None;
        }
        HOME_ROOTS.iter().find(|home| bytes[at..].starts_with(home.as_bytes())).map(|home| (at, at + home.len()))
    })
}

fn name_length(rest: &str) -> usize {
    let end =
        |c: char| c.is_whitespace() || matches!(c, '/' | '\\' | ':' | '"' | '\'' | ')' | ']' | '<' | '>' | ',' | ';');
    let length = rest.find(end).unwrap_or(rest.len());
    rest.floor_char_boundary(length.min(MAX_NAME_BYTES))
}

/// The length of an account name, which has several words on macOS and Windows: `/Users/Ada Lovelace/app.js`.
///
/// Further words belong to it if they begin with a capital, and the path goes on after them or a quote ends it.
fn whole_name(rest: &str, root: &str) -> usize {
    /// Enough for any name.
    const MAX_WORDS: usize = 4;
    let first = name_length(rest);
    if first == 0 || root.starts_with("/home") || root.starts_with("/users") {
        return first;
    }
    let mut end = first;
    for _ in 0..MAX_WORDS {
        let Some(tail) = rest[end..].strip_prefix(' ') else { break };
        let word = name_length(tail);
        if !tail.starts_with(char::is_uppercase) {
            break;
        }
        end += 1 + word;
        if tail[word..].starts_with(['/', '\\', '"', '\'']) {
            return end;
        }
    }
    first
}

/// The word that holds a home root. It is read forward once, because a scan backward from each root would be quadratic.
#[derive(Default)]
struct Word {
    read: usize,
    /// True if the word up to `read` holds the scheme of a web address.
    address: bool,
}

impl Word {
    /// Returns true if the text before `root`, in the same word, holds the scheme of a web address.
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
    fn names_are_masked_and_web_addresses_stay() {
        let check = |text: &str, masked: &str| assert_eq!(mask_home(text), masked);
        check("at /home/ada/app.js:1:2", "at /home/<user>/app.js:1:2");
        check("file:///Users/ada/x and C:\\Users\\ada\\x", "file:///Users/<user>/x and C:\\Users\\<user>\\x");
        check("open /Users/Ada Lovelace/app.js", "open /Users/<user>/app.js");
        check("open '/Users/Ada King Lovelace' failed", "open '/Users/<user>' failed");
        check("C:\\Users\\Ada Lovelace\\app.cs(1,2)", "C:\\Users\\<user>\\app.cs(1,2)");
        check(r#""C:\\Users\\Ada\\x""#, r#""C:\\Users\\<user>\\x""#);
        check(r#""C:\\\\Users\\\\Ada Lovelace\\\\x""#, r#""C:\\\\Users\\\\<user>\\\\x""#);
        check("C:/Users/ada/x", "C:/Users/<user>/x");
        check("from /Users/ada and /Users/Bob", "from /Users/<user> and /Users/<user>");
        check("at /Users/ada In a/b", "at /Users/<user> In a/b");
        check("C:\\Documents and Settings\\ada\\x", "C:\\Documents and Settings\\<user>\\x");
        check("https://shop.example/users/42/cart", "https://shop.example/users/42/cart");
        check("/home/", "/home/");
        check("/Users/Shared/x", "/Users/Shared/x");
        check("/home/linuxbrew/.linuxbrew/bin", "/home/linuxbrew/.linuxbrew/bin");
        check("nothing here", "nothing here");
    }
}
