//! Quoting of words for a POSIX shell, for commands that people copy.

use std::borrow::Cow;
use std::ffi::{OsStr, OsString};

/// Returns a word of a command, in quotes if it needs them.
#[must_use]
pub fn shell_word(word: &OsStr) -> String {
    let word = word.to_string_lossy();
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./=:,@%+".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return Cow::into_owned(word);
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

/// Returns a command and its arguments as one line.
#[must_use]
pub fn shell_line(words: &[OsString]) -> String {
    words.iter().map(|word| shell_word(word)).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shell_reads_quoted_words_unchanged() {
        for word in ["plain-1.0/x", "", "it's", "a b", "$HOME `x` \"y\" \\", "{\"a\":1}\n", "ä;rm"] {
            let script = format!("printf '%s' {}", shell_word(OsStr::new(word)));
            let printed = std::process::Command::new("sh").args(["-c", &script]).output().unwrap();
            assert_eq!(String::from_utf8_lossy(&printed.stdout), word);
        }
        assert_eq!(shell_line(&["npx".into(), "-y".into(), "@a/b c".into()]), "npx -y '@a/b c'");
    }
}
