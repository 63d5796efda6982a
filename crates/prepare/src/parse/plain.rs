//! Converts a program's output to plain text, without colours, cursor movements and overwritten lines.

/// Converts output to text. Bytes that are not UTF-8 become the replacement character; text that a terminal would not
/// show is removed.
#[must_use]
pub fn plain_text(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let text = anstream::adapter::strip_str(&text).to_string();
    let lines = text.split_inclusive('\n').map(|line| {
        let line = line.trim_end_matches(['\n', '\r']);
        // a progress bar overwrites its line, so only the last text counts
        line.rsplit('\r').next().unwrap_or(line)
    });
    let mut plain = String::with_capacity(text.len());
    for line in lines {
        plain.extend(line.chars().filter(|c| !c.is_control() || *c == '\t'));
        plain.push('\n');
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_that_a_terminal_would_not_show_is_removed() {
        assert_eq!(
            plain_text(b"\x1b[31mred\x1b[0m\r\n10%\r20%\rdone\nodd \xff\xfe end"),
            "red\ndone\nodd \u{fffd}\u{fffd} end\n"
        );
        assert_eq!(plain_text(b"\tat a.B.c(D.java:1)\n"), "\tat a.B.c(D.java:1)\n");
        assert_eq!(plain_text(b""), "");
    }
}
