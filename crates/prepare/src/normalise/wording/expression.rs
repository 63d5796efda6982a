//! Expressions that engines quote in their messages.

/// Returns the text between `start` and the quote that ends it, the last one before the bracket.
pub(super) fn quoted<'a>(message: &'a str, start: &str) -> Option<&'a str> {
    let (_, rest) = message.split_once(start)?;
    let end = rest.find("')").or_else(|| rest.find("', '")).or_else(|| rest.rfind('\''))?;
    Some(rest[..end].trim())
}

/// Returns the last property's name in an expression, without arguments and assignment: `total` of
/// `cart.lines[0].total(a.b) = 1`. Empty if the property is computed.
pub(super) fn property(expression: &str) -> &str {
    let expression = &expression[..target(expression)];
    let expression = without_arguments(expression);
    let expression = expression.trim_end_matches(['?', '.', '!']);
    if let Some(inner) = expression.strip_suffix(']') {
        let (_, key) = inner.rsplit_once('[').unwrap_or(("", ""));
        let literal = key.strip_prefix(['\'', '"']).and_then(|key| key.strip_suffix(['\'', '"']));
        return literal.unwrap_or("");
    }
    if let Some(fields) = expression.strip_prefix('{').filter(|_| expression.ends_with('}')) {
        return fields.split([',', '}', ':', '=']).next().unwrap_or("").trim();
    }
    let name = expression.rsplit('.').next().unwrap_or(expression);
    let is_name = name.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '$' | '#'));
    if is_name { name } else { "" }
}

/// Returns true for a pattern, `[a, b]`, `{ a }` or `[a] = value`, but not for `[a][0].b`.
pub(super) fn is_pattern(expression: &str) -> bool {
    let mut depth = 0_usize;
    let end = expression.char_indices().find_map(|(at, c)| {
        match c {
            '[' | '{' => depth += 1,
            ']' | '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        (depth == 0).then_some(at + c.len_utf8())
    });
    let rest = end.map(|end| expression[end..].trim_start());
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('='))
}

/// Returns the length of the part before an operator: before a blank or `=` that is not in brackets or quotes.
fn target(expression: &str) -> usize {
    let mut depth = 0_usize;
    let mut quote = None;
    for (at, c) in expression.char_indices() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (Some(_), _) => {}
            (None, '\'' | '"' | '`') => quote = Some(c),
            (None, '(' | '[' | '{') => depth += 1,
            (None, ')' | ']' | '}') => depth = depth.saturating_sub(1),
            (None, ' ' | '=') if depth == 0 => {
                return expression[..at].trim_end_matches(['+', '-', '*', '/', '|', '&']).len();
            }
            _ => {}
        }
    }
    expression.len()
}

/// Removes the arguments of the last call.
fn without_arguments(text: &str) -> &str {
    if !text.ends_with(')') {
        return text;
    }
    let mut depth = 0_usize;
    for (at, c) in text.char_indices().rev() {
        if c == ')' {
            depth += 1;
        } else if c == '(' {
            depth -= 1;
            if depth == 0 {
                return &text[..at];
            }
        }
    }
    text
}
