//! What the command printed, as text: without colours, cursor movements and lines that were written over.

use super::streams::Relayed;

/// The last lines of both streams.
pub(super) struct Printed {
    /// Standard output, or both in their order where they were one.
    pub(super) output: String,
    /// Standard error, where it was apart.
    pub(super) errors: Option<String>,
}

impl Printed {
    /// Reads what was kept of the streams.
    pub(super) fn read(relayed: &Relayed) -> Self {
        Self { output: plain(&relayed.output), errors: relayed.errors.as_deref().map(plain) }
    }
}

/// Bytes that are no UTF-8 become the replacement character; what a terminal would not show goes.
fn plain(bytes: &[u8]) -> String {
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
            plain(b"\x1b[31mred\x1b[0m\r\n10%\r20%\rdone\nodd \xff\xfe end"),
            "red\ndone\nodd \u{fffd}\u{fffd} end\n"
        );
        assert_eq!(plain(b"\tat a.B.c(D.java:1)\n"), "\tat a.B.c(D.java:1)\n");
        assert_eq!(plain(b""), "");
    }
}
