//! Failed tests of pytest: the first line of its summary, with the error's type and place from the test's section.

use super::{Failure, type_and_message};

/// Completes a failed test by its section, which is above the summary.
pub(super) fn complete(test: Failure, lines: &[(usize, &str)], output: &str) -> Failure {
    let (test_name, reason) = test.error_message.split_once(" - ").unwrap_or((&test.error_message, ""));
    let name = test_name.rsplit("::").next().unwrap_or(test_name);
    let is_title = |line: &str| {
        let title = line.trim_matches(['_', ' ']);
        line.starts_with('_') && (title == name || title.ends_with(name) || line.contains(" collecting "))
    };
    let reason_type = type_and_message(reason).map(|(name, _)| name).filter(|name| is_class(name));
    let title = lines.iter().take_while(|(start, _)| *start < test.range.start).position(|(_, line)| is_title(line));
    let section = title.map_or(&lines[..0], |title| &lines[title + 1..]);
    let section = section.iter().take_while(|(_, line)| !line.starts_with("___") && !line.starts_with("==="));
    let section: Vec<(usize, &str)> = section.copied().collect();
    // `shop.py:4: FileNotFoundError`, the places from the outermost to the innermost
    let places = section.iter().filter_map(|(_, line)| place(line));
    let frames: Vec<String> = places.map(|(file, line)| format!("  File \"{file}\", line {line}")).collect();
    let last_type = section
        .iter()
        .rev()
        .find_map(|(_, line)| line.rsplit_once(": ").map(|(_, name)| name).filter(|it| is_class(it)));
    let raised = section.iter().rev().find_map(|(_, line)| type_and_message(line.strip_prefix("E   ")?.trim()));
    let raised = raised.map(|(name, _)| name).filter(|name| is_class(name));
    let is_assertion = reason.starts_with("assert ") || reason.starts_with("AssertionError");
    let error_type =
        last_type.or(raised).or(reason_type).unwrap_or(if is_assertion { "AssertionError" } else { "" }).to_owned();
    let stack = (!frames.is_empty())
        .then(|| format!("Traceback (most recent call last):\n{}\n{error_type}: {reason}", frames.join("\n")));
    let _ = output;
    Failure { error_type, stack, ..test }
}

/// Parses `shop.py:4: FileNotFoundError` or `shop.py:4: `.
fn place(line: &str) -> Option<(&str, u32)> {
    let (file, rest) = line.split_once(".py:")?;
    let (number, name) = rest.split_once(':')?;
    let is_place = !file.contains(' ') && (name.trim().is_empty() || is_class(name.trim()) || name.starts_with(" in "));
    Some((&line[..file.len() + 3], number.parse().ok()?)).filter(|_| is_place)
}

/// True for the name of a class of errors.
fn is_class(name: &str) -> bool {
    name.rsplit('.').next().is_some_and(|class| class.starts_with(|c: char| c.is_ascii_uppercase()))
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_'))
}
