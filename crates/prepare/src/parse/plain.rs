//! What a program printed, as text: without colours, cursor movements and lines that were written over.

/// Bytes that are no UTF-8 become the replacement character; what a terminal would not show goes.
#[must_use]
pub fn plain_text(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let text = anstream::adapter::strip_str(&text).to_string();
    let lines = text.split_inclusive('\n').map(|line| {
        let line = line.trim_end_matches(['\n', '\r']);
        // a progress bar is written over: what stood there last counts
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
    fn what_a_terminal_would_not_show_goes() {
        assert_eq!(
            plain_text(b"\x1b[31mred\x1b[0m\r\n10%\r20%\rdone\nodd \xff\xfe end"),
            "red\ndone\nodd \u{fffd}\u{fffd} end\n"
        );
        assert_eq!(plain_text(b"\tat a.B.c(D.java:1)\n"), "\tat a.B.c(D.java:1)\n");
        assert_eq!(plain_text(b""), "");
    }
}
