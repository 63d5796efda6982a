//! The strict level, which also removes paths, hosts and the values of URL parameters.

/// Last labels of hosts that are rare as names of properties: `api.example.com` is a host, `window.app` is not.
const TOP_LEVEL: &str = "com org net edu gov local internal lan corp cloud";

/// Scans text that is scrubbed at the standard level. Returns `None` if nothing changes.
pub(crate) fn pass(text: &str) -> Option<String> {
    let bytes = text.as_bytes();
    let mut out = String::new();
    let (mut copied, mut at) = (0, 0);
    while at < bytes.len() {
        let found = match bytes[at] {
            b'?' | b'&' | b'#' => parameter(bytes, at),
            _ if at == 0 || is_delimiter(bytes[at - 1]) => path(text, at).or_else(|| host(text, at)),
            _ => None,
        };
        let Some((start, end, placeholder)) = found.filter(|(start, end, _)| start < end) else {
            at += 1;
            continue;
        };
        out.push_str(&text[copied..start]);
        out.push_str(placeholder);
        (copied, at) = (end, end);
    }
    (copied > 0).then(|| out + &text[copied..])
}

/// Start, end and placeholder.
type Replacement = (usize, usize, &'static str);

/// True if the byte ends a word. Paths and hosts begin after such a byte.
fn is_delimiter(byte: u8) -> bool {
    byte <= b' ' || b"\"'`<>()[]{},;|:=@!*^\\".contains(&byte)
}

/// The value of `?name=value`. A placeholder is no value, because it begins with `<`.
fn parameter(bytes: &[u8], mark: usize) -> Option<Replacement> {
    let name = run_end(bytes, mark + 1, |byte| byte.is_ascii_alphanumeric() || b"_-.%[]".contains(&byte));
    let is_named = name > mark + 1 && bytes.get(name) == Some(&b'=');
    let end = run_end(bytes, name + 1, |byte| byte > b' ' && !b"&#\"'`<>()\\".contains(&byte));
    is_named.then(|| (name + 1, before_position(bytes, name + 1, end), "<value>"))
}

/// A path: absolute, of the home folder, of a drive, of a URL, or relative with a file extension. Also a URL's host.
fn path(text: &str, at: usize) -> Option<Replacement> {
    let bytes = text.as_bytes();
    let rest = &text[at..];
    let is_authority = rest.starts_with("//");
    if is_authority && !rest.starts_with("///") {
        let end = run_end(bytes, at + 2, is_host_byte);
        return (at > 0 && bytes[at - 1] == b':').then_some((at + 2, with_port(bytes, end), "<host>"));
    }
    let is_drive = rest.len() > 2
        && bytes[at].is_ascii_alphabetic()
        && [":\\", ":/"].contains(&rest.get(1..3).unwrap_or_default());
    let is_drive = is_drive && !rest[2..].starts_with("//");
    let is_absolute = is_drive || ["/", "./", "../", "~/"].iter().any(|start| rest.starts_with(start));
    if is_absolute {
        let body = at + if is_drive || is_authority { 2 } else { 0 };
        let end =
            run_end(bytes, body, |byte| is_path_byte(byte) || b"@:=+!".contains(&byte) || is_drive && byte == b'\\');
        let end = before_position(bytes, body, end);
        let start = if is_authority { body } else { at };
        return bytes[start..end].iter().any(u8::is_ascii_alphanumeric).then_some((start, end, "<path>"));
    }
    let end = run_end(bytes, at, is_path_byte);
    let (folder, file) = text.get(at..end)?.rsplit_once('/')?;
    let extension = file.rsplit_once('.')?.1;
    let is_file = (1..=6).contains(&extension.len()) && extension.starts_with(|c: char| c.is_ascii_alphabetic());
    (is_file && !folder.is_empty()).then_some((at, end, "<path>"))
}

fn is_path_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte >= 0x80 || b"/._-~$%+".contains(&byte)
}

/// A host: an IP address, `localhost`, a name with a known top-level domain, or a name with a port.
fn host(text: &str, at: usize) -> Option<Replacement> {
    let bytes = text.as_bytes();
    let end = at + run(bytes, at, 40, |byte| byte.is_ascii_hexdigit() || byte == b':');
    let address = text.get(at..end)?;
    let is_address = address.contains("::") || address.matches(':').count() == 7;
    if is_address && address.bytes().any(|byte| byte.is_ascii_digit()) && address.parse::<std::net::Ipv6Addr>().is_ok()
    {
        return Some((at, end, "<host>"));
    }
    let end = run_end(bytes, at, is_host_byte);
    let name = text.get(at..end)?;
    let labels = name.split('.').count();
    let last = name.rsplit('.').next()?;
    let is_address = labels == 4 && name.split('.').all(|label| label.parse::<u8>().is_ok());
    let is_known = labels > 1 && TOP_LEVEL.split(' ').any(|domain| domain.eq_ignore_ascii_case(last));
    // one number is a port, two numbers are a position in a file
    let port = with_port(bytes, end);
    let is_dotted = labels > 1
        && !crate::email::is_file_extension(last.as_bytes())
        && last.bytes().all(|byte| byte.is_ascii_alphabetic());
    let has_port = port > end + 2 && bytes.get(port) != Some(&b':') && is_dotted;
    let is_call = bytes.get(end) == Some(&b'(');
    (!is_call && (is_address || is_known || has_port || name == "localhost")).then_some((at, port, "<host>"))
}

fn is_host_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte >= 0x80 || matches!(byte, b'.' | b'-')
}

fn with_port(bytes: &[u8], end: usize) -> usize {
    let digits = run(bytes, end + 1, 6, |byte| byte.is_ascii_digit());
    if bytes.get(end) == Some(&b':') && (1..=5).contains(&digits) { end + 1 + digits } else { end }
}

/// The end without `:12:34` or `:12`, so that line and column stay readable in stacks.
fn before_position(bytes: &[u8], start: usize, end: usize) -> usize {
    let cut = |end: usize| {
        let digits = bytes[start..end].iter().rev().take(10).take_while(|byte| byte.is_ascii_digit()).count();
        let colon = end - digits;
        if digits > 0 && colon > start && bytes[colon - 1] == b':' { colon - 1 } else { end }
    };
    cut(cut(end))
}

/// The number of consecutive bytes from `start` on that `belongs` accepts, at most `limit`.
fn run(bytes: &[u8], start: usize, limit: usize, belongs: impl Fn(u8) -> bool) -> usize {
    let rest = bytes.get(start..).unwrap_or_default();
    rest.iter().take(limit).take_while(|byte| belongs(**byte)).count()
}

/// The end of the run of bytes that `belongs` accepts.
fn run_end(bytes: &[u8], start: usize, belongs: impl Fn(u8) -> bool) -> usize {
    start + run(bytes, start, usize::MAX, belongs)
}
