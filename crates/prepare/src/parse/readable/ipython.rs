//! Tracebacks of IPython, rewritten into the form that Python prints.

/// End of the head, after the exception's class and blanks.
const HEAD: &str = "Traceback (most recent call last)";
/// Maximum number of lines of one traceback.
const MAX_LINES: usize = 400;

/// Rewrites every traceback of IPython. Returns none if there is none.
pub(super) fn rewrite(text: &str) -> Option<String> {
    if !text.lines().any(|line| class(line).is_some()) {
        return None;
    }
    let mut plain = String::with_capacity(text.len());
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let Some(class) = class(line) else {
            plain.push_str(line);
            plain.push('\n');
            continue;
        };
        let is_end = |line: &str| line.strip_prefix(class).is_some_and(|rest| rest.is_empty() || rest.starts_with(':'));
        let length = lines.clone().take(MAX_LINES).position(is_end);
        plain.push_str("Traceback (most recent call last):\n");
        let body = length.map_or(0, |length| length);
        for (file, line, function) in lines.by_ref().take(body).filter_map(frame) {
            plain.push_str(&format!("  File \"{file}\", line {line}, in {function}\n"));
        }
    }
    Some(plain)
}

/// Returns the class in the head `KeyError          Traceback (most recent call last)`.
fn class(line: &str) -> Option<&str> {
    let class = line.trim_end().strip_suffix(HEAD)?;
    let is_name =
        |name: &str| !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    class.strip_suffix("  ").map(str::trim_end).filter(|class| is_name(class))
}

/// Parses `Cell In[1], line 3, in total(cart)`, `File ~/shop/cart.py:10, in total(cart)` or, before IPython 8,
/// `~/shop/cart.py in total(cart)`, which has no line.
fn frame(line: &str) -> Option<(&str, u32, &str)> {
    let (place, function) = line.split_once(", in ").map_or((line, "<module>"), |(place, function)| (place, function));
    let function = function.split('(').next().unwrap_or(function);
    if let Some(place) = place.strip_prefix("File ") {
        let (file, line) = place.rsplit_once(':')?;
        let file = file.trim_start_matches("~/");
        return Some((file, line.trim().parse().ok()?, function));
    }
    // the number of the cell changes with each run
    let (cell, line) = place.strip_prefix("Cell In")?.split_once(", line ")?;
    Some(("ipython cell", line.trim().parse().ok()?, function)).filter(|_| cell.ends_with(']'))
}
