//! Recognises places: URLs, file paths and hosts.

use super::{Found, Match, found, program_file};

/// Top-level domains. Few properties have these names, so `api.example.com` is a host and `window.app` is not.
const TOP_LEVEL: [&str; 10] = ["com", "org", "net", "edu", "gov", "local", "internal", "lan", "corp", "cloud"];

/// Endings by which a name or a relative path is recognised as a file.
const FILE_ENDINGS: [&str; 64] = [
    "js",
    "mjs",
    "cjs",
    "jsx",
    "ts",
    "mts",
    "cts",
    "tsx",
    "css",
    "html",
    "json",
    "map",
    "wasm",
    "vue",
    "svelte",
    "bundle",
    "py",
    "rs",
    "go",
    "java",
    "rb",
    "php",
    "txt",
    "log",
    "yaml",
    "yml",
    "toml",
    "ini",
    "cfg",
    "conf",
    "env",
    "xml",
    "properties",
    "sql",
    "sh",
    "ex",
    "exs",
    "c",
    "h",
    "cc",
    "cpp",
    "hpp",
    "cs",
    "kt",
    "swift",
    "scala",
    "lua",
    "csv",
    "tsv",
    "md",
    "pdf",
    "png",
    "jpg",
    "jpeg",
    "svg",
    "zip",
    "gz",
    "so",
    "dll",
    "exe",
    "dylib",
    "jar",
    "pem",
    "sqlite",
];

/// Matches a URL, path or host at the beginning of the text. `previous` is the character before it.
pub(super) fn find(rest: &str, previous: char) -> Match {
    let first = *rest.as_bytes().first()?;
    if first.is_ascii_alphanumeric() || first == b'[' {
        return quoted(rest, previous)
            .or_else(|| url(rest))
            .or_else(|| drive(rest))
            .or_else(|| relative(rest))
            .or_else(|| host(rest));
    }
    let as_ip6 = || ip6(rest).map(|length| Found::new(length, "<host>", "host"));
    quoted(rest, previous).or_else(|| absolute(rest)).or_else(|| share(rest)).or_else(as_ip6)
}

fn url(rest: &str) -> Match {
    let scheme = rest.bytes().take(32).take_while(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(byte)).count();
    let after_scheme = &rest[scheme..];
    let is_url = after_scheme.starts_with("://")
        || ["blob", "data"].contains(&&rest[..scheme])
            && after_scheme.len() > 1
            && after_scheme.starts_with(':')
            && !after_scheme[1..].starts_with(' ');
    if !is_url {
        return None;
    }
    let end = url_end(rest, scheme);
    Some(Found::new(end, program_file::of_url(&rest[..end]), "url"))
}

fn url_end(rest: &str, from: usize) -> usize {
    end_past_placeholders(rest, from, |c| !(c.is_whitespace() || "\"'`<>".contains(c)))
}

/// Finds the end of a URL or path. Placeholders do not end it, because scrubbing has put them in place of credentials,
/// secret parameters and account names.
fn end_past_placeholders(rest: &str, from: usize, belongs: impl Fn(char) -> bool) -> usize {
    let mut end = from;
    loop {
        end = end_of(rest, end, &belongs);
        match super::placeholder(&rest[end..]) {
            Some(length) => end += length,
            None => return end,
        }
    }
}

/// Finds the end of a run of characters, without punctuation or brackets at its end.
fn end_of(rest: &str, from: usize, belongs: impl Fn(char) -> bool) -> usize {
    let length = rest[from..].find(|c| !belongs(c)).map_or(rest.len(), |length| from + length);
    from + rest[from..length].trim_end_matches(['.', ',', ';', ':', '!', '?', ')', ']', '}', '|']).len()
}

fn absolute(rest: &str) -> Match {
    let is_absolute = ["/", "./", "../", "~/"].iter().any(|start| rest.starts_with(start)) && !rest.starts_with("//");
    // checked first, so that a long run of punctuation is not read again from each of its characters
    let is_named = has_name(rest.chars().take(8));
    let end = if is_absolute && is_named { end_past_placeholders(rest, 0, is_path_character) } else { 0 };
    let is_path = has_name(rest[..end].chars());
    // a path may be a URL without its host, so a query may follow
    let end = if is_path && rest[end..].starts_with('?') { url_end(rest, end) } else { end };
    if !is_path {
        return None;
    }
    let path =
        if rest.starts_with('.') { program_file::relative(&rest[..end]) } else { program_file::absolute(&rest[..end]) };
    Some(Found::new(end, path, "path"))
}

/// Matches a path in quotes, which may hold blanks: `open '/home/ann/My Documents/x'`.
fn quoted(rest: &str, quote: char) -> Match {
    const MAX_CHARS: usize = 260;
    let is_path = rest.starts_with('/') || rest.starts_with("~/") || is_drive(rest) || is_share(rest);
    if !matches!(quote, '"' | '\'') || !is_path {
        return None;
    }
    let mut characters = rest.char_indices().take(MAX_CHARS).skip_while(|(_, c)| *c != quote && *c != '\n');
    let (end, _) = characters.next().filter(|(_, c)| *c == quote)?;
    (has_name(rest[..end].chars()) && has_no_markup(&rest[..end]))
        .then(|| Found::new(end, program_file::absolute(&rest[..end]), "path"))
}

/// Returns true if there is a letter or digit before the first placeholder. The letters of placeholders do not count,
/// because each pass would then match more of a normalised text.
fn has_name(text: impl Iterator<Item = char>) -> bool {
    text.take_while(|c| *c != '<').any(char::is_alphanumeric)
}

/// Returns true if every `<` begins a placeholder and every `>` ends one.
fn has_no_markup(text: &str) -> bool {
    let Some(at) = text.find(['<', '>']) else { return true };
    super::placeholder(&text[at..]).is_some_and(|length| has_no_markup(&text[at + length..]))
}

fn drive(rest: &str) -> Match {
    is_drive(rest).then(|| windows(rest, 3)).flatten()
}

/// Matches a path on another machine: `\\\\server\\share\\x`.
fn share(rest: &str) -> Match {
    is_share(rest).then(|| windows(rest, 2)).flatten()
}

fn is_drive(rest: &str) -> bool {
    let bytes = rest.as_bytes();
    bytes.len() > 3 && bytes[0].is_ascii_alphabetic() && bytes[1] == b':' && matches!(bytes[2], b'\\' | b'/')
}

fn is_share(rest: &str) -> bool {
    rest.strip_prefix("\\\\").is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_alphanumeric()))
}

/// Matches a path of Windows. A blank belongs to it if a backslash follows before the next blank: `C:\\Program Files\\x`.
fn windows(rest: &str, start: usize) -> Match {
    const MAX_WORDS: usize = 4;
    let belongs = |c| is_path_character(c) || c == '\\' || c == '(' || c == ')';
    let mut end = end_past_placeholders(rest, start, belongs);
    for _ in 0..MAX_WORDS {
        let Some(next) = rest[end..].strip_prefix(' ') else { break };
        let word = next.find(|c| !belongs(c)).unwrap_or(next.len()).min(260);
        if is_drive(next) || !next.is_char_boundary(word) || !next[..word].contains('\\') {
            break;
        }
        end = end_past_placeholders(rest, end + 1, belongs);
    }
    Some(Found::new(end, program_file::absolute(&rest[..end]), "path"))
}

/// Matches `src/app/main.ts:1:2`, but neither `and/or` nor `text/html`.
fn relative(rest: &str) -> Match {
    let end = end_of(rest, 0, |c| is_path_character(c) && !":@".contains(c));
    let (folder, file) = rest[..end].rsplit_once('/')?;
    let is_path = !folder.is_empty() && has_file_ending(file);
    let length = end + position(&rest[end..]);
    is_path.then(|| Found::new(length, program_file::relative(&rest[..end]), "path"))
}

fn is_path_character(c: char) -> bool {
    c.is_alphanumeric() || "/._-~$%+@:#&!".contains(c)
}

/// Returns the length of `:12:34`.
fn position(rest: &str) -> usize {
    let part = |text: &str| {
        let digits = text.bytes().skip(1).take_while(u8::is_ascii_digit).count();
        if text.starts_with(':') && digits > 0 { digits + 1 } else { 0 }
    };
    let line = part(rest);
    line + part(&rest[line..])
}

/// Returns the length of a file's name at the beginning of the text, or 0.
pub(super) fn file_name(rest: &str) -> usize {
    let end = end_of(rest, 0, |c| c.is_alphanumeric() || "._-~".contains(c));
    if has_file_ending(&rest[..end]) { end } else { 0 }
}

fn has_file_ending(name: &str) -> bool {
    let ending = name.rsplit_once('.').filter(|(stem, _)| !stem.is_empty());
    ending.is_some_and(|(_, ending)| FILE_ENDINGS.contains(&ending))
}

/// Matches an IP address, `localhost`, a name under a known domain, or any dotted name before a port.
fn host(rest: &str) -> Match {
    if let Some(length) = ip6(rest) {
        return found(length, "<host>", "host");
    }
    let end = end_of(rest, 0, |c| c.is_alphanumeric() || c == '.' || c == '-');
    let name = &rest[..end];
    let labels = name.split('.').count();
    let last = name.rsplit('.').next()?;
    let port = position(&rest[end..]);
    let is_port = (3..=6).contains(&port) && rest[end + 1..end + port].bytes().all(|byte| byte.is_ascii_digit());
    let is_address = labels == 4 && name.split('.').all(|label| label.parse::<u8>().is_ok());
    let is_known = labels > 1 && TOP_LEVEL.contains(&last);
    let is_name_with_port =
        is_port && labels > 1 && !has_file_ending(name) && last.bytes().all(|byte| byte.is_ascii_alphabetic());
    let is_call_or_longer_word = rest[end..].starts_with(|c: char| c == '(' || c == '_' || c.is_alphanumeric());
    let is_host = !is_call_or_longer_word && (is_address || is_known || is_name_with_port || name == "localhost");
    is_host.then(|| Found::new(end + if is_port { port } else { 0 }, "<host>", "host"))
}

/// Returns the length of an IPv6 address: `[::1]:80`, `fe80::1`, `2001:db8:0:0:0:0:0:1`. It has `::` or eight groups.
fn ip6(rest: &str) -> Option<usize> {
    let inner = rest.strip_prefix('[').unwrap_or(rest);
    let length = inner.bytes().take(46).take_while(|byte| byte.is_ascii_hexdigit() || *byte == b':').count();
    let text = &inner[..length];
    let colons = text.bytes().filter(|byte| *byte == b':').count();
    let is_address = text.split(':').all(|group| group.len() <= 4)
        && (colons == 7 || (2..8).contains(&colons) && text.contains("::"));
    let has_digit = text.bytes().any(|byte| byte.is_ascii_digit());
    let open = rest.len() - inner.len();
    let end = open + length;
    if !is_address || !has_digit || rest[end..].starts_with(|c: char| c.is_alphanumeric() || c == '_') {
        return None;
    }
    if open == 0 {
        return Some(end);
    }
    rest[end..].starts_with(']').then(|| end + 1 + position(&rest[end + 1..]))
}
