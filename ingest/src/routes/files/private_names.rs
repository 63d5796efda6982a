//! Names of files that lie in a served directory by accident, or because a program put them beside the page's files.

mod lists;
#[cfg(test)]
mod tests;

use self::lists::Rule::{Extension, Name, Stem, Suffix};
use self::lists::{COPIED, COPIED_DIRECTORIES, FOR_PAGES, LEFTOVER, LOGS, QUALIFIERS, RULES, Rule, SECRETS};

/// True for the name of a file that is not served.
pub(super) fn is_private_file(name: &str) -> bool {
    let name = original_name(name);
    let extension = name.rsplit_once('.').map(|(_, extension)| extension).unwrap_or_default();
    let is_for_pages = is_for_pages(&name);
    let is_private = |rule: &Rule| match rule {
        Extension(all) => all.contains(&first_word(extension)),
        Suffix(all) => all.iter().any(|suffix| name.ends_with(suffix)),
        Name(all) => all.contains(&name.as_str()),
        Stem(all) => !is_for_pages && all.iter().any(|stem| begins_with_word(&name, stem)),
    };
    let is_log = !name.contains('.') && LOGS.iter().any(|log| begins_with_word(&name, log));
    is_marked(&name)
        || is_leftover(extension)
        || is_log
        || is_environment(&name)
        || is_secret(&name)
        || RULES.iter().any(|(rule, _)| is_private(rule))
}

/// True for the name of a directory that is not served: a copy that was left behind, or a repository.
pub(super) fn is_private_directory(name: &str) -> bool {
    let name = original_name(name);
    let mut words = name.rsplit_once('.').map(|(_, extension)| extension).unwrap_or_default().split(is_separator);
    let is_copy = words.next().is_some_and(|first| COPIED_DIRECTORIES.contains(&first));
    is_marked(&name) || name == "__macosx" || is_copy && words.all(|word| word.is_empty() || LEFTOVER.contains(&word))
}

/// True for a file that browsers show or run, or that people read, by its extension.
pub(super) fn is_for_pages(name: &str) -> bool {
    name.rsplit_once('.').is_some_and(|(_, extension)| FOR_PAGES.contains(&extension.to_lowercase().as_str()))
}

/// True for the marks of editors: `x~`, `#x#`.
fn is_marked(name: &str) -> bool {
    name.ends_with('~') || name.starts_with('#') && name.ends_with('#')
}

/// True for the extension of a renamed copy, as in `index.php_bak` and `index.php-old`.
fn is_leftover(extension: &str) -> bool {
    extension.rsplit(is_separator).any(|word| LEFTOVER.contains(&word))
}

/// True for variables of an environment, such as `env.local` and `prod.env`, but not for `env.js` and `env.json`, which
/// configure pages.
fn is_environment(name: &str) -> bool {
    let is_for_pages = is_for_pages(name) || name.ends_with(".json");
    !is_for_pages && name.split('.').any(|part| part == "env" || part == "envrc")
}

/// True for a name of words for secrets, at least before its first dot or its last one.
fn is_secret(name: &str) -> bool {
    let of_secrets = |part: &str| {
        let mut words = part.split(|c| is_separator(c) || c == '.').filter(|word| !word.chars().all(is_of_count));
        let is_env = |word: &str| matches!(word, "env" | "dotenv");
        // `env.json` configures a page
        let is_secret = |word: &str| SECRETS.contains(&word) && !(is_env(word) && name.ends_with(".json"));
        words.clone().any(is_secret) && words.all(|word| is_secret(word) || QUALIFIERS.contains(&word))
    };
    let before_first = name.split('.').next().unwrap_or_default();
    let before_last = name.rsplit_once('.').map_or(name, |(before, _)| before);
    !is_for_pages(name) && [name, before_first, before_last].into_iter().any(of_secrets)
}

/// The name in lower case, without what counts, compresses and marks copies: `dump.sql` for `Dump.SQL.2.gz`, `a.bak` for
/// `a.bak1` and `a.bak (1)`.
fn original_name(name: &str) -> String {
    let mut name = name.to_lowercase();
    if let Some(original) = name.strip_prefix("copy of ") {
        name = original.to_owned();
    }
    loop {
        let end = without_number(name.trim_end_matches([' ', '.']));
        let end = match end.rsplit_once('.') {
            Some((before, last)) if COPIED.contains(&last) || last.chars().all(is_of_count) => before,
            Some(_) => match end.trim_end_matches(is_of_count) {
                // `db3`, `p12` and `bz2` are names with their digits
                uncounted if uncounted.ends_with('.') || is_known(end) => end,
                uncounted => uncounted,
            },
            None => end,
        };
        if end.len() == name.len() || end.is_empty() {
            return name;
        }
        name.truncate(end.len());
    }
}

/// The name without ` (1)` at its end, which browsers add to a second download.
fn without_number(name: &str) -> &str {
    let number = name.strip_suffix(')').and_then(|name| name.rsplit_once('('));
    match number {
        Some((before, number)) if !number.is_empty() && number.bytes().all(|digit| digit.is_ascii_digit()) => {
            before.trim_end_matches(' ')
        }
        _ => name,
    }
}

/// True for a character of a number or date.
fn is_of_count(c: char) -> bool {
    c.is_ascii_digit() || matches!(c, '-' | '_' | ':')
}

/// True for a character between words of a name.
fn is_separator(c: char) -> bool {
    matches!(c, '-' | '_' | ' ' | '(' | ')' | '+' | '~' | '@' | ',')
}

fn first_word(text: &str) -> &str {
    text.split(is_separator).next().unwrap_or_default()
}

/// True if the name is this one, or this one with more after a dot or a separator.
fn begins_with_word(name: &str, word: &str) -> bool {
    name.strip_prefix(word).is_some_and(|rest| rest.is_empty() || rest.starts_with(|c| is_separator(c) || c == '.'))
}

/// True if the extension is named in a rule or is one of pages.
fn is_known(name: &str) -> bool {
    let extension = name.rsplit('.').next().unwrap_or_default();
    let is_named = |rule: &Rule| matches!(rule, Extension(all) if all.contains(&extension));
    RULES.iter().any(|(rule, _)| is_named(rule)) || is_for_pages(name)
}
