//! Wordings: the engines' messages about one failure, in one form. V8, SpiderMonkey, JavaScriptCore and Hermes describe
//! the same `TypeError` in words of their own; the names of properties, functions and variables in them stay.

mod expression;
mod forms;

use forms::FORMS;

/// Maximum number of bytes of a message that are read. The engines quote expressions, but their words come first.
const MAX_BYTES: usize = 400;

/// Returns the common form of an engine's message, or `None` for any other message.
pub(crate) fn common_form(error_type: &str, message: &str) -> Option<String> {
    let kind = kind(error_type)?;
    let mut end = message.len().min(MAX_BYTES);
    while !message.is_char_boundary(end) {
        end -= 1;
    }
    let message = message[..end].trim();
    // Python has a `TypeError` too
    if kind == Kind::Type && (message.contains("' object ") || message.starts_with("argument of type")) {
        return None;
    }
    let form = match kind {
        Kind::Type => property(message).or_else(|| function(message)).or_else(|| constructor(message)),
        Kind::Reference => variable(message),
        Kind::Syntax => token(message),
        Kind::Range | Kind::Other => None,
    };
    form.or_else(|| from_table(kind, message))
}

/// Kind of a built-in error. Each has messages of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Type,
    Reference,
    Range,
    Syntax,
    Other,
}

fn kind(error_type: &str) -> Option<Kind> {
    match error_type {
        "TypeError" => Some(Kind::Type),
        "ReferenceError" => Some(Kind::Reference),
        "RangeError" | "InternalError" => Some(Kind::Range),
        "SyntaxError" => Some(Kind::Syntax),
        "URIError" | "AbortError" | "NotFoundError" | "QuotaExceededError" | "DOMException" | "ChunkLoadError"
        | "NetworkError" | "Error" => Some(Kind::Other),
        _ => None,
    }
}

/// A property that was read or set on `undefined` or `null`.
fn property(message: &str) -> Option<String> {
    let after = |words: &str| message.strip_prefix(words);
    if let Some(rest) = after("Cannot read propert").or_else(|| after("Cannot set propert")) {
        let (_, rest) = rest.split_once(['\'', '(']).unwrap_or(("", ""));
        let rest = rest.strip_prefix("reading '").or_else(|| rest.strip_prefix("setting '")).unwrap_or(rest);
        let name = rest.rsplit_once('\'').map_or(rest, |(name, _)| name);
        if name.starts_with("Symbol(Symbol.iterator") {
            return Some("not iterable".to_owned());
        }
        return Some(property_form(name));
    }
    if is_destructured(message) {
        return Some("undefined or null destructured".to_owned());
    }
    if let Some(rest) = after("can't access property ") {
        let (name, _) = rest.split_once(", ")?;
        if name == "Symbol.iterator" {
            return Some("not iterable".to_owned());
        }
        return Some(property_form(name.trim_matches('"')));
    }
    let rest = after("undefined is not an object").or_else(|| after("null is not an object"))?;
    let Some(evaluated) = expression::quoted(rest, "(evaluating '") else {
        return Some(property_form(""));
    };
    if evaluated.starts_with('[') && expression::is_pattern(evaluated) {
        return Some("not iterable".to_owned());
    }
    if evaluated.starts_with('{') && expression::is_pattern(evaluated) {
        return Some("undefined or null destructured".to_owned());
    }
    if evaluated.starts_with("Object.") {
        return Some("undefined or null as an object".to_owned());
    }
    Some(property_form(expression::property(evaluated)))
}

/// Returns true if an object pattern was matched against `undefined` or `null`. Only V8 names the property.
fn is_destructured(message: &str) -> bool {
    let of_firefox = || {
        let value = message.strip_suffix(" is undefined").or_else(|| message.strip_suffix(" is null"));
        value.is_some_and(|value| !value.replace("(intermediate value)", "").contains(char::is_whitespace))
    };
    message.starts_with("Cannot destructure ")
        || message.starts_with("Right side of assignment cannot be destructured")
        || of_firefox()
}

fn property_form(name: &str) -> String {
    if name.is_empty() || name.bytes().all(|byte| byte.is_ascii_digit()) {
        return "property of undefined or null".to_owned();
    }
    format!("property '{name}' of undefined or null")
}

/// A value that was called and is no function.
fn function(message: &str) -> Option<String> {
    let near = message.strip_prefix("undefined is not a function (near '...");
    if near.is_some_and(|near| near.starts_with('[') || near.contains(" of ")) || message.contains("is not iterable") {
        return Some("not iterable".to_owned());
    }
    let (callee, rest) = message.split_once(" is not a function")?;
    if rest.starts_with(" or its return value is not iterable") {
        return Some("not iterable".to_owned());
    }
    let callee = expression::quoted(rest, "(In '").filter(|_| matches!(callee, "undefined" | "null")).unwrap_or(callee);
    let callee = if rest.starts_with(" (near '") || matches!(callee, "undefined" | "null") { "" } else { callee };
    Some(with_name("not a function", expression::property(callee)))
}

fn constructor(message: &str) -> Option<String> {
    let (callee, rest) = message.split_once(" is not a constructor")?;
    let callee = expression::quoted(rest, "(evaluating 'new ").unwrap_or(callee);
    Some(with_name("not a constructor", expression::property(callee)))
}

/// A variable that does not exist, or not yet.
fn variable(message: &str) -> Option<String> {
    if let Some(name) = message.strip_suffix(" is not defined") {
        return Some(with_name("not defined", name));
    }
    if let Some(name) = message.strip_prefix("Can't find variable: ") {
        return Some(with_name("not defined", name.split_whitespace().next().unwrap_or(name)));
    }
    if let Some((name, "")) = message.strip_prefix("Property '").and_then(|rest| rest.split_once("' doesn't exist")) {
        return Some(with_name("not defined", name));
    }
    let (before, _) = message.split_once(" before initialization")?;
    let name = before.rsplit_once('\'').and_then(|(rest, _)| rest.rsplit_once('\'')).map_or("", |(_, name)| name);
    Some(with_name("used before its definition", name))
}

/// A token of a script that has no place there, often the `<` of a page that was sent instead.
fn token(message: &str) -> Option<String> {
    let after = |words: &str| message.strip_prefix(words);
    let rest = after("Unexpected token ").or_else(|| after("expected expression, got "))?;
    let token = rest.split(['\'', '"']).nth(1)?;
    let is_whole = rest.trim_end_matches('.').len() == token.len() + 2;
    is_whole.then(|| format!("unexpected token '{token}'"))
}

/// Appends a name, unless a minifier chose it.
fn with_name(form: &str, name: &str) -> String {
    let is_chosen = name.chars().count() > 2 && !name.contains(char::is_whitespace);
    if is_chosen { format!("{form}: {name}") } else { form.to_owned() }
}

fn from_table(kind: Kind, message: &str) -> Option<String> {
    let lower = message.to_ascii_lowercase();
    let (_, form, _) =
        FORMS.iter().find(|(its, _, words)| *its == kind && words.iter().any(|word| lower.contains(word)))?;
    if *form == "module not loaded" {
        let file = message.rsplit(['/', ' ']).next().unwrap_or_default();
        let file = file.split(['?', '#']).next().unwrap_or(file);
        let name = super::bundle_name(file);
        return Some(if file.contains(".js") || file.contains(".mjs") {
            format!("{form}: {name}")
        } else {
            (*form).into()
        });
    }
    Some((*form).to_owned())
}

#[cfg(test)]
mod tests;
