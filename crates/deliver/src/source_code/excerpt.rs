//! The lines around one line of a file, without secrets.

use autoheal_contract::limits::{SOURCE_LINE_CHARS, SOURCE_LINES};
use autoheal_prepare::excerpt::excerpt as shortened;
use autoheal_prepare::scrub::scrub_with;
use autoheal_scrub::{KnownSecrets, Level};

use super::continued::without_continued;

/// Maximum length of a line before its secrets are removed, in characters. Of a longer one the rest is left out first, and
/// the line is much longer than what is kept of it.
const MAX_LINE_CHARS: usize = 20 * SOURCE_LINE_CHARS;
/// Replacement for a line of a private key.
const KEY_LINE: &str = "<private key>";
/// Maximum number of lines of a private key. A text that only looks like the beginning of one has no end.
const MAX_KEY_LINES: usize = 100;
/// Replacement for a line of another secret of several lines.
const SECRET_LINE: &str = "<secret>";
/// Number of lines before those shown, and after them, that are searched for secrets together with them.
const LINES_BEFORE: usize = 20;
const LINES_AFTER: usize = 5;

/// The number of the first line, counted from 1, and the lines. None if the file has no such line, or is no text.
pub(super) fn excerpt(text: &str, line: u32, level: Level, known: &KnownSecrets) -> Option<(u32, Vec<String>)> {
    let line = usize::try_from(line).ok()?.checked_sub(1)?;
    let first = line.saturating_sub(SOURCE_LINES / 2);
    let last = line + SOURCE_LINES / 2;
    let start = first.saturating_sub(LINES_BEFORE);
    let mut in_key = 0;
    let mut lines = Vec::with_capacity(LINES_BEFORE + SOURCE_LINES + LINES_AFTER);
    for (index, text) in text.lines().enumerate().take(last + LINES_AFTER + 1) {
        let begins = text.contains("-----BEGIN ") && text.contains("PRIVATE KEY");
        let is_key = begins || in_key > 0 && may_be_key(text);
        // a key on one line ends on it
        let ends = !is_key || text.contains("-----END ");
        in_key = match () {
            () if ends => 0,
            () if begins => MAX_KEY_LINES,
            () => in_key - 1,
        };
        if index >= start {
            lines.push(if is_key { KEY_LINE } else { cut(text) });
        }
    }
    let has_line = lines.len() > line - start;
    let is_text = lines.iter().all(|line| !line.contains('\0'));
    if !has_line || !is_text {
        return None;
    }
    let shown = without_secrets(&lines, level, known).into_iter().skip(first - start).take(last + 1 - first);
    Some((u32::try_from(first).ok()? + 1, shown.collect()))
}

/// True if the line may be one of a private key: one word, perhaps quoted, after a comment's or a string's marks, a header
/// such as `Proc-Type: 4,ENCRYPTED`, or the end.
fn may_be_key(line: &str) -> bool {
    let is_base64 = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '=' | '\\');
    let marks = |c: char| !c.is_ascii_alphanumeric() && !matches!(c, '/' | '=');
    let text = line.trim_matches(marks).trim_start_matches("// ");
    let text = text.trim_end_matches("\\n").trim_matches(marks);
    let is_header = ["Proc-Type: ", "DEK-Info: ", "Comment: ", "Version: "].iter().any(|name| text.starts_with(name));
    line.contains("-----END ") || is_header || text.chars().all(is_base64)
}

/// The start of a line, as much of it as is searched for secrets.
fn cut(line: &str) -> &str {
    let end = line.char_indices().nth(MAX_LINE_CHARS).map_or(line.len(), |(end, _)| end);
    // a carriage return would end a line for other programs
    line[..end].trim_end()
}

/// As many lines as before, without secrets, cut. The secrets are removed before the cut, because half a secret is not
/// recognised, and from all lines together, because the name of a secret may be on the line before.
fn without_secrets(lines: &[&str], level: Level, known: &KnownSecrets) -> Vec<String> {
    let lines = without_continued(lines, level);
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    let joined = lines.join("\n");
    let clean = scrub_with(&joined, level);
    let clean: Vec<&str> = clean.split('\n').collect();
    let mut all: Vec<&str> = clean.clone();
    if clean.len() != lines.len() {
        // a secret of several lines became one, so which lines it had is known only by those that are still the same
        let same = |pairs: &mut dyn Iterator<Item = (&&str, &&str)>| pairs.take_while(|(a, b)| a == b).count();
        let before = same(&mut lines.iter().zip(&clean));
        let after = same(&mut lines.iter().rev().zip(clean.iter().rev())).min(lines.len() - before);
        all = vec![SECRET_LINE; lines.len()];
        all[..before].copy_from_slice(&lines[..before]);
        all[lines.len() - after..].copy_from_slice(&lines[lines.len() - after..]);
    }
    // once more by itself, because the lines around a line may change what it means
    all.into_iter().map(|line| shortened(&scrub_with(&known.mask(line), level), SOURCE_LINE_CHARS)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_private_key_ends_at_the_first_line_that_is_none() {
        let begin = ["-----BEGIN ", "PRIVATE KEY-----"].concat();
        let shown = |text: &str, line| excerpt(text, line, Level::Standard, &KnownSecrets::default()).unwrap().1;
        let check = format!("if text.startswith(\"{begin}\"):\n    load(text, 1)\n\nshow(text, 2)\n");
        assert_eq!(shown(&check, 3), [KEY_LINE, "    load(text, 1)", "", "show(text, 2)"]);
        let data = format!("{begin}\n{}total(1)\n", "MIIEabcd+/efgh==\n".repeat(200));
        assert_eq!(shown(&data, 80)[..], [KEY_LINE; 5]);
        assert!(shown(&data, 201).last().is_some_and(|line| line == "total(1)"));
        for line in [
            "MIIEabcd",
            "    \"MIIEabcd\\n\" +",
            "# MIIEabcd==",
            "// MIIE/abcd",
            "'MIIEabcd',",
            "Proc-Type: 4,ENCRYPTED",
        ] {
            assert_eq!(shown(&format!("{begin}\n{line}\nMIIEabcd\n"), 2), [KEY_LINE; 3], "{line}");
        }
    }

    #[test]
    fn lines_that_only_look_like_those_of_a_secret_stay() {
        for text in [
            "if not token:\n    raise ValueError(\"no token was given\")\nok",
            "token = parse(\n    request.headers,\n    limit,\n)\nok",
            "def token(\n    self,\n    user=\"ada\",\n):\n",
            "names = [\n    \"ada\",\n    \"grace\",\n]",
            "if kind == (\n    \"cash\"\n):\n    pay()\n",
        ] {
            let (_, lines) = excerpt(text, 3, Level::Standard, &KnownSecrets::default()).unwrap();
            assert_eq!(lines, text.lines().take(5).collect::<Vec<_>>());
        }
    }

    #[test]
    fn a_secret_on_another_line_than_its_name_is_removed() {
        let word = "hunter22secret99";
        for text in [
            format!("password = (\n    \"{word}\"\n)\nok\n"),
            format!("SECRET_KEY = \\\n    \"{word}\"\nok\n"),
            format!("API_TOKENS = [\n    \"{word}\",\n    \"{word}2\",\n    \"{word}3\",\n]\nok\n"),
            format!("API_TOKENS = [\n{}]\nok\n", format!("    \"{word}\",\n").repeat(15)),
            format!("password: >\n  {word}\nother: ok\n"),
            format!("password: |\n  {word}\n  {word}\nother: ok\n"),
            format!("const password =\n    '{word}';\nok\n"),
            format!("let api_key: &str =\n    \"{word}\";\nok\n"),
            format!("client.login(password=\n    \"{word}\",\n)\nok\n"),
            format!("{{\n  \"password\":\n    \"{word}\"\n}}\nok\n"),
            format!("password = (  # of the shop\n    \"{word}\"\n)\nok\n"),
            format!("password = (\n    # of the shop\n    \"{word}\"\n)\nok\n"),
            format!("SECRET = \"\"\"\n{word}\n\"\"\"\nok\n"),
            format!("SECRET = (\n    \"{word}\"\n    \"{word}\"\n)\nok\n"),
            format!("TOKENS = [\"{word}\",\n    \"{word}2\",\n]\nok\n"),
            format!("const TOKENS = new Set([\n  '{word}',\n]);\nok\n"),
            format!("tokens:\n  - {word}\n  - {word}2\nother: ok\n"),
            format!("const SECRET = `\n{word}\n`;\nok\n"),
            format!("TOKENS = {{\n    \"shop\": \"{word}\",\n}}\nok\n"),
        ] {
            let count = text.lines().count();
            for line in 1..=count {
                let (first, lines) =
                    excerpt(&text, u32::try_from(line).unwrap(), Level::Standard, &KnownSecrets::default()).unwrap();
                assert!(!lines.concat().contains(word), "{text}{lines:?}");
                assert_eq!(lines.len(), (line + 2).min(count) + 1 - first as usize, "{text}{lines:?}");
                if line == count {
                    let original = text.lines().last();
                    assert_eq!(lines.last().map(String::as_str), original, "{text}{lines:?}");
                }
            }
        }
    }
}
