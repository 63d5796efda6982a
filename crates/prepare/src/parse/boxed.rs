//! Rewrites tracebacks that Python's `rich` draws as a box into the form that Python prints.

use std::borrow::Cow;

use super::python::LINKS;

const HEAD: &str = "Traceback (most recent call last)";
/// Maximum number of lines of a wrapped message.
const MAX_MESSAGE_LINES: usize = 20;
/// Maximum number of lines of the sentence between two exceptions, with the blank lines above it.
const MAX_LINK_LINES: usize = 8;

/// Rewrites every boxed traceback. Text without one is returned unchanged.
#[must_use]
pub(super) fn unbox(text: &str) -> Cow<'_, str> {
    if !text.lines().any(is_top) {
        return Cow::Borrowed(text);
    }
    let mut plain = String::with_capacity(text.len());
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        if !is_top(line) {
            // loggers pad their lines with spaces
            plain.push_str(if line.trim().is_empty() { "" } else { line });
            plain.push('\n');
            continue;
        }
        let margin = line.chars().take_while(|c| *c != '╭').count();
        let width = line.trim_end().chars().count() - margin;
        let mut content = BoxContent::default();
        while let Some(row) = lines.next_if(|row| row.contains('│') && !row.trim_start().starts_with('╰')) {
            content.add_row(row);
        }
        content.end_frame();
        plain.push_str("Traceback (most recent call last):\n");
        plain.push_str(&content.frames);
        lines.next_if(|line| line.trim_start().starts_with('╰'));
        // the message is below the box, and indented like the box if a logger drew it
        let mut message = Vec::new();
        while let Some(line) = lines.next_if(|line| {
            let first = message.is_empty();
            let indented = margin > 0 && line.chars().take_while(|c| *c == ' ').count() >= margin;
            !line.trim().is_empty() && !is_top(line) && (first || indented) && message.len() < MAX_MESSAGE_LINES
        }) {
            message.push(line.trim());
        }
        plain.push_str(&unwrapped(&message, width));
        // a blank line marks the end of the message, which Python itself does not mark
        plain.push_str("\n\n");
        let (link, length) = link(lines.clone());
        if let Some(link) = link {
            plain.push_str(link);
            plain.push_str("\n\n");
            lines.by_ref().take(length).for_each(drop);
        }
    }
    Cow::Owned(plain)
}

/// Joins wrapped lines. If the first word of a line would have fit on the line before, the line was not wrapped and
/// stays separate.
fn unwrapped(lines: &[&str], width: usize) -> String {
    let mut text = String::new();
    let mut used = 0;
    for line in lines {
        let word = line.split(' ').next().unwrap_or_default().chars().count();
        if !text.is_empty() {
            text.push(if used + 1 + word > width { ' ' } else { '\n' });
        }
        text.push_str(line);
        used = line.chars().count();
    }
    text
}

/// Finds the sentence between a cause and the next exception, which may be wrapped; returns it and its length in lines.
fn link<'a>(lines: impl Iterator<Item = &'a str>) -> (Option<&'static str>, usize) {
    let mut sentence = String::new();
    for (at, line) in lines.take(MAX_LINK_LINES).enumerate() {
        match line.trim() {
            "" if sentence.is_empty() => continue,
            "" => break,
            words if sentence.is_empty() => sentence.push_str(words),
            words => sentence.extend([" ", words]),
        }
        if let Some(link) = LINKS.iter().find(|link| **link == sentence) {
            return (Some(link), at + 1);
        }
    }
    (None, 0)
}

/// Returns true for the upper border of a boxed traceback.
fn is_top(line: &str) -> bool {
    line.contains(HEAD) && line.contains('╭')
}

/// The content of one box.
#[derive(Default)]
struct BoxContent {
    /// The complete frames, as Python prints them.
    frames: String,
    /// The rows of the current `PATH:LINE in FUNCTION` so far; it is wrapped at the width of the box.
    location: String,
    /// True if the last row was wrapped at a space and not within a word. Such a row is shorter than the box or
    /// contains a space, because only a word that is longer than the box is broken, and it begins a row of its own.
    wrapped_at_space: bool,
}

impl BoxContent {
    fn add_row(&mut self, row: &str) {
        let Some((_, inner)) = row.split_once('│') else { return };
        let Some((inner, _)) = inner.rsplit_once('│') else { return };
        let words = inner.trim();
        if words.starts_with(['╭', '│', '╰']) || words.starts_with("... ") {
            // a table of variables, or a note about hidden frames
            return self.end_frame();
        }
        if words.is_empty() {
            return self.end_frame();
        }
        if let Some(current_line) = words.strip_prefix('❱') {
            let code = current_line.trim_start().trim_start_matches(|c: char| c.is_ascii_digit());
            self.end_frame();
            let code = code.trim_start_matches([' ', '│']);
            self.frames.push_str(&format!("    {}\n", code.trim_end()));
            return;
        }
        let in_location = !self.location.is_empty() && parse_location(&self.location).is_none();
        if !in_location
            && words.split([' ', '│']).next().is_some_and(|first| first.bytes().all(|byte| byte.is_ascii_digit()))
        {
            return self.end_frame();
        }
        if self.wrapped_at_space && !self.location.is_empty() {
            self.location.push(' ');
        }
        self.location.push_str(words);
        self.wrapped_at_space = inner.ends_with("  ") || words.contains(' ');
    }

    /// Adds the frame of the current location, if it is complete.
    fn end_frame(&mut self) {
        if let Some((file, line, function)) = parse_location(&std::mem::take(&mut self.location)) {
            self.frames.push_str(&format!("  File \"{file}\", line {line}, in {function}\n"));
        }
    }
}

/// Parses `PATH:LINE in FUNCTION`.
fn parse_location(text: &str) -> Option<(&str, u32, &str)> {
    let (location, function) = text.rsplit_once(" in ")?;
    let (file, line) = location.rsplit_once(':')?;
    Some((file, line.trim().parse().ok()?, function))
}

#[cfg(test)]
mod tests {
    use super::super::find_failure;
    use super::*;

    const BOX: &str = "\
[11/22/26 14:04:22] Error calling tool 'divide'
                    ╭─────── Traceback (most recent call last) ────────╮
                    │ /srv/venv/lib/python3.11/si                      │
                    │ te-packages/fastmcp/server.py:1497 in call_tool  │
                    │                                                  │
                    │                 ... 11 frames hidden ...         │
                    │                                                  │
                    │ /srv/a-long-way-down-to-the-application/tools.py │
                    │ :9 in divide                                     │
                    │                                                  │
                    │    8 def divide(a: int, b: int) -> float:        │
                    │ ❱  9 │   return inner(a, b)                      │
                    │   10                                             │
                    │ ╭──── locals ────╮                               │
                    │ │ a = 1          │                               │
                    │ ╰────────────────╯                               │
                    ╰──────────────────────────────────────────────────╯
                    ZeroDivisionError: division by zero, which is something
                    never to be done
[11/22/26 14:04:23] INFO     next
";

    #[test]
    fn a_box_becomes_a_traceback() {
        let plain = unbox(BOX);
        assert_eq!(
            plain,
            "\
[11/22/26 14:04:22] Error calling tool 'divide'
Traceback (most recent call last):
  File \"/srv/a-long-way-down-to-the-application/tools.py\", line 9, in divide
    return inner(a, b)
ZeroDivisionError: division by zero, which is something never to be done

[11/22/26 14:04:23] INFO     next
"
            .replace("  File \"/srv/a", "  File \"/srv/venv/lib/python3.11/si te-packages/fastmcp/server.py\", line 1497, in call_tool\n  File \"/srv/a")
        );
        let failure = find_failure(&plain).unwrap();
        assert_eq!(failure.error_message, "division by zero, which is something never to be done");
        assert!(matches!(unbox("no box"), Cow::Borrowed(_)));
    }

    #[test]
    fn a_row_that_fills_the_box_up_to_a_space_is_wrapped_there() {
        let full = "\
╭────────── Traceback (most recent call last) ─────────────╮
│ /srv/shop/target/python/lib/python3.11/site-packages/fas │
│ tmcp/server/server.py:1497 in call_tool                  │
│                                                          │
│ /srv/shop/tests/server/fixtures/fastmcp_server.py:160 in │
│ divide                                                   │
│                                                          │
│ ❱ 160 │   return ratio(a, b)                             │
╰──────────────────────────────────────────────────────────╯
ZeroDivisionError: division by zero
";
        let plain = unbox(full);
        assert!(plain.contains("fastmcp_server.py\", line 160, in divide\n    return ratio(a, b)\n"), "{plain}");
        assert!(plain.contains("site-packages/fastmcp/server/server.py\", line 1497, in call_tool"), "{plain}");
    }

    const CHAIN: &str = "\
╭──────── Traceback (most recent call last) ─────────╮
│ /srv/tests/servers/fixtures/fastmcp_server_two.py: │
│ 26 in lookup                                       │
│                                                    │
│ ❱ 26 │   │   return {\"tea\": \"green\"}[key]          │
╰────────────────────────────────────────────────────╯
KeyError: 'coffee'

The above exception was the direct cause of the
following exception:

╭──────── Traceback (most recent call last) ─────────╮
│ /srv/tests/servers/fixtures/fastmcp_server_two.py: │
│ 28 in lookup                                       │
╰────────────────────────────────────────────────────╯
RuntimeError: the catalogue has no entry coffee
";

    /// A log line of the same second has no time at its left, so it looks like a further line of the message.
    #[test]
    fn the_next_log_line_stays_separate() {
        let message = "ZeroDivisionError: division by zero, which is something\n                    never to be done\n";
        let next =
            "ZeroDivisionError: by zero                          \n                    Error calling tool 'lookup'\n";
        let same_second = BOX.replace(message, next);
        let plain = unbox(&same_second);
        assert!(plain.contains("ZeroDivisionError: by zero\nError calling tool 'lookup'\n"), "{plain}");
    }

    #[test]
    fn a_chain_stays_one_failure() {
        let plain = unbox(CHAIN);
        let failure = find_failure(&plain).unwrap();
        assert_eq!((failure.error_type.as_str(), failure.causes.len()), ("RuntimeError", 1), "{plain}");
        assert_eq!(failure.causes[0].error_type, "KeyError");
        assert!(plain.contains("fastmcp_server_two.py\", line 28, in lookup"), "{plain}");
        let padded = CHAIN.replace("\n\n╭", "\n\n                              \n╭");
        assert!(!unbox(&padded).contains("   \n"), "a line of spaces must become empty");
    }
}
