//! The lines around one line of a file, without secrets.

use autoheal_contract::limits::{SOURCE_LINE_CHARS, SOURCE_LINES};
use autoheal_prepare::excerpt::excerpt as shortened;
use autoheal_prepare::scrub::scrub_with;
use autoheal_scrub::Level;

/// Maximum length of a line before its secrets are removed, in characters. Of a longer one the rest is left out first, and
/// the line is much longer than what is kept of it.
const MAX_LINE_CHARS: usize = 20 * SOURCE_LINE_CHARS;
/// Replacement for a line of a private key.
const KEY_LINE: &str = "<private key>";

/// The number of the first line, counted from 1, and the lines. None if the file has no such line, or is no text.
pub(super) fn excerpt(text: &str, line: u32, level: Level) -> Option<(u32, Vec<String>)> {
    let line = usize::try_from(line).ok()?.checked_sub(1)?;
    let first = line.saturating_sub(SOURCE_LINES / 2);
    let last = line + SOURCE_LINES / 2;
    let mut in_key = false;
    let mut lines = Vec::with_capacity(SOURCE_LINES);
    for (index, text) in text.lines().enumerate().take(last + 1) {
        let begins = text.contains("-----BEGIN ") && text.contains("PRIVATE KEY");
        let is_key = in_key || begins;
        // a key on one line ends on it
        in_key = is_key && !text.contains("-----END ");
        if index >= first {
            lines.push(if is_key { KEY_LINE.to_owned() } else { shown(text, level) });
        }
    }
    let has_line = lines.len() > line - first;
    let is_text = lines.iter().all(|line| !line.contains('\0'));
    (has_line && is_text).then_some((u32::try_from(first).ok()? + 1, lines))
}

/// One line without secrets, cut. The secrets are removed before the cut, because half a secret is not recognised.
fn shown(line: &str, level: Level) -> String {
    let end = line.char_indices().nth(MAX_LINE_CHARS).map_or(line.len(), |(end, _)| end);
    shortened(&scrub_with(line[..end].trim_end(), level), SOURCE_LINE_CHARS)
}
