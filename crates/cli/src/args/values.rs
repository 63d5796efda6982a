//! The values of options and variables: each is parsed once, and refused with what is accepted instead.
//!
//! An error is the end of a sentence that begins with the option and the value: "is not a whole number from 1 to 5".
//! Errors of secrets are whole sentences, because the value is not shown.

mod served;
mod urls;

use std::collections::HashSet;
use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use autoheal_contract::limits::{DEFAULT_PROJECT, TEXT_CHARS};
use autoheal_deliver::data_directory;
use autoheal_heal::settings::Repository;
use autoheal_ingest::{ProjectKey, store_path};
use autoheal_prepare::fingerprint::Fingerprint;
use autoheal_store::ClientHash;
use secrecy::SecretString;

pub(crate) use self::served::served_directory;
pub(crate) use self::urls::{address, api_url, is_own_address, origin, public_url, service_url, upstream, url_prefix};

/// Minimum length of a token or key that the service checks, in characters.
const MIN_SECRET_CHARS: usize = 16;
/// Least number of different characters in a secret. Sixteen random digits have fewer once in 11,000 times.
const MIN_DISTINCT_CHARS: usize = 5;
/// The largest size of a SQLite file.
const MAX_STORE_BYTES: u64 = 256 << 40;
/// The smallest limit of a store.
const MIN_STORE_BYTES: u64 = 1_000_000;
/// The largest memory for source maps.
const MAX_MEMORY_BYTES: u64 = 1 << 40;
/// The shortest retention, because a failure whose group is deleted between two occurrences opens a new issue each time.
const MIN_RETENTION: u64 = HOUR;
/// The shortest time between two requests of one kind to GitHub, because more of them exhaust its rate limit.
pub(crate) const MIN_POLL: u64 = 100;
/// The shortest time limit of a call, because a shorter one reports calls that are as quick as any.
pub(crate) const MIN_CALL: u64 = 100;
pub(crate) const SECOND: u64 = 1_000;
/// The largest number of occurrences, clients, issues and the like.
pub(crate) const MAX_COUNT: u64 = 1_000_000_000;
/// The largest number of connections.
pub(crate) const MAX_CONNECTIONS: u64 = 1_000_000;
/// Ends of names of files that the service and SQLite keep beside a store.
const BESIDE_STORES: [&str; 5] = ["-wal", "-shm", "-journal", ".stop", ".lock"];
/// Units of times, in milliseconds, the largest first.
const TIME_UNITS: [(&str, u64); 5] = [("d", DAY), ("h", HOUR), ("m", 60_000), ("s", 1_000), ("ms", 1)];
pub(crate) const HOUR: u64 = 3_600_000;
pub(crate) const DAY: u64 = 24 * HOUR;
/// A century: a longer time is a mistake.
pub(crate) const CENTURY: u64 = 36_500 * DAY;
/// Length of the longest login or name on GitHub.
const MAX_LOGIN_CHARS: usize = 39;

/// A whole number from `MIN` to `MAX`.
pub(crate) fn whole<N: TryFrom<u64>, const MIN: u64, const MAX: u64>(text: &str) -> Result<N, String> {
    let text = text.trim();
    let number = text.parse::<u64>().ok().filter(|number| (MIN..=MAX).contains(number) && !text.starts_with('+'));
    let number = number.and_then(|number| N::try_from(number).ok());
    number.ok_or_else(|| format!("is not a whole number from {MIN} to {MAX}"))
}

/// Parses `0` to `255`.
pub(crate) fn exit_code(text: &str) -> Result<i32, String> {
    text.trim().parse::<u8>().map(i32::from).map_err(|_| "is not an exit code, a number from 0 to 255".to_owned())
}

/// An entry of a list, which a further comma ends: none for the blank after the last comma.
pub(crate) fn entry<T>(text: &str, parse: impl Fn(&str) -> Result<T, String>) -> Result<Option<T>, String> {
    if text.is_empty() { Ok(None) } else { parse(text).map(Some) }
}

/// Parses `true`, `false`, `1`, `0`, `yes`, `no`, `on` or `off`.
pub(crate) fn switch(text: &str) -> Result<bool, String> {
    match text.trim().to_ascii_lowercase().as_str() {
        "true" | "1" | "yes" | "on" => Ok(true),
        "false" | "0" | "no" | "off" => Ok(false),
        _ => Err("is neither true, 1, yes, on nor false, 0, no, off".to_owned()),
    }
}

/// Parses a log level.
pub(crate) fn log_level(text: &str) -> Result<tracing::Level, String> {
    match text.trim().to_ascii_lowercase().as_str() {
        "error" => Ok(tracing::Level::ERROR),
        "warn" => Ok(tracing::Level::WARN),
        "info" => Ok(tracing::Level::INFO),
        "debug" => Ok(tracing::Level::DEBUG),
        "trace" => Ok(tracing::Level::TRACE),
        _ => Err("is not one of error, warn, info, debug, trace".to_owned()),
    }
}

/// Parses `500ms`, `30s`, `15m`, `2h`, `1d`, `1w`, from `MIN` to `MAX` milliseconds.
pub(crate) fn time<const MIN: u64, const MAX: u64>(text: &str) -> Result<Duration, String> {
    let text = text.trim();
    let (number, unit) = text.split_at(text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len()));
    let accepted = format!("a time from {} to {}; write it like 30s or 15m", shown_time(MIN), shown_time(MAX));
    let units = || TIME_UNITS.iter().chain(&[("w", 7 * DAY)]);
    let unit = units().find(|(name, _)| *name == unit).map(|(_, milliseconds)| milliseconds);
    let time = number.parse::<u64>().ok().zip(unit).and_then(|(number, unit)| number.checked_mul(*unit));
    let time = time.filter(|time| (MIN..=MAX).contains(time));
    time.map(Duration::from_millis).ok_or_else(|| format!("is not {accepted}"))
}

/// Parses a time as [`time`] does, or zero, which stands for no limit.
pub(crate) fn zero_or<const MIN: u64, const MAX: u64>(text: &str) -> Result<Duration, String> {
    let is_zero = |text: &str| time::<0, 0>(text).ok();
    is_zero(text).map_or_else(|| time::<MIN, MAX>(text), Ok).map_err(|problem| format!("{problem}, or 0s for no limit"))
}

/// A time in its largest unit that has no fraction.
fn shown_time(milliseconds: u64) -> String {
    let unit = TIME_UNITS.iter().find(|(_, unit)| milliseconds > 0 && milliseconds.is_multiple_of(*unit));
    unit.map_or_else(|| "0s".to_owned(), |(name, unit)| format!("{}{name}", milliseconds / unit))
}

/// Time after which failures are deleted; none keeps them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Retention(pub(crate) Option<Duration>);

/// Parses `90d`; `0` and `off` keep everything.
pub(crate) fn retention(text: &str) -> Result<Retention, String> {
    let text = text.trim();
    if text.eq_ignore_ascii_case("off") || text == "0" {
        return Ok(Retention(None));
    }
    if time::<0, 0>(text).is_ok() {
        return Ok(Retention(None));
    }
    let parsed = time::<MIN_RETENTION, CENTURY>(text).map(|time| Retention(Some(time)));
    parsed.map_err(|problem| format!("{problem}, or 0 or off to keep everything"))
}

/// Parses the size of a store.
pub(crate) fn store_size(text: &str) -> Result<u64, String> {
    size(text, "for a store", MIN_STORE_BYTES, MAX_STORE_BYTES, "256TiB")
}

/// Parses an amount of memory.
pub(crate) fn memory_size(text: &str) -> Result<u64, String> {
    size(text, "for memory", MIN_STORE_BYTES, MAX_MEMORY_BYTES, "1TiB")
}

/// Parses `500MB` or `2GiB`.
fn size(text: &str, purpose: &str, min: u64, max: u64, shown_max: &str) -> Result<u64, String> {
    let text = text.trim();
    let (number, unit) = text.split_at(text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len()));
    let number: u64 = match number.parse() {
        Ok(number) => number,
        Err(_) if number.is_empty() => return Err("is not a size; write it like 500MB or 2GiB".to_owned()),
        Err(_) => u64::MAX,
    };
    let bytes: u64 = match unit.trim().to_ascii_lowercase().as_str() {
        "b" => 1,
        "kb" => 1_000,
        "k" | "kib" => 1 << 10,
        "mb" => 1_000_000,
        "m" | "mib" => 1 << 20,
        "gb" => 1_000_000_000,
        "g" | "gib" => 1 << 30,
        "tb" => 1_000_000_000_000,
        "t" | "tib" => 1 << 40,
        _ => return Err("has no unit of sizes: B, KB, MB, GB, TB, KiB, MiB, GiB or TiB".to_owned()),
    };
    let size = number.checked_mul(bytes).filter(|size| *size <= max);
    let size = size.ok_or_else(|| format!("is too large {purpose}; the most is {shown_max}"))?;
    if size < min {
        return Err(format!("is too small {purpose}; the least is 1MB"));
    }
    Ok(size)
}

/// The path of a SQLite file, with or without `sqlite:`.
pub(crate) fn store(text: &str) -> Result<String, String> {
    let text = text.trim_matches(['\r', '\n']);
    let accepted = "give the path of a SQLite file";
    if text.trim().is_empty() {
        return Err(format!("is no path; {accepted}"));
    }
    let path = store_path(Some(text)).map_err(|_| format!("is not supported; {accepted}"))?;
    let name = path.to_string_lossy();
    if name.trim().is_empty() || name == ":memory:" || name.starts_with("file:") {
        return Err(format!("names no file; {accepted}"));
    }
    if name.ends_with('/') || path.is_dir() {
        return Err(format!("is a directory; {accepted}"));
    }
    if path.exists() && !path.is_file() {
        return Err(format!("is a device or a pipe, which keeps nothing; {accepted}"));
    }
    if BESIDE_STORES.iter().any(|end| name.ends_with(end)) {
        return Err(format!("has the name of a file that belongs to a store; {accepted}, such as autoheal.db"));
    }
    if is_in_spool(&path) {
        return Err(format!("is in the spool, whose files are sent and deleted; {accepted} in another directory"));
    }
    Ok(text.to_owned())
}

/// True for a file in this user's spool.
fn is_in_spool(file: &Path) -> bool {
    let resolved = |path: &Path| path.canonicalize().ok();
    let directory = file.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let Some(directory) = resolved(directory) else { return false };
    let own = data_directory().and_then(|data| resolved(&data.join("spool")));
    own.is_some_and(|spool| directory.starts_with(spool))
}

/// A path without the line ends that a variable read from a file may have at its end.
fn without_line_end(path: PathBuf) -> PathBuf {
    match path.to_str() {
        Some(text) if text.ends_with(['\r', '\n']) => text.trim_end_matches(['\r', '\n']).into(),
        _ => path,
    }
}

/// A path that is not blank.
pub(crate) fn file(path: PathBuf) -> Result<PathBuf, String> {
    let path = without_line_end(path);
    if path.to_string_lossy().trim().is_empty() { Err("is no path of a file".to_owned()) } else { Ok(path) }
}

/// True for the name of a project or a public key.
fn is_name(text: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    !text.is_empty() && text.len() <= 100 && text.chars().all(allowed)
}

/// The name of a project.
pub(crate) fn project(text: &str) -> Result<String, String> {
    let text = text.trim();
    let wrong = || "is not the name of a project: 1 to 100 letters, digits, -, _ and .".to_owned();
    is_name(text).then(|| text.to_owned()).ok_or_else(wrong)
}

/// The release of source maps, as reports name it.
pub(crate) fn release(text: &str) -> Result<String, String> {
    let text = text.trim();
    let fits = !text.is_empty() && text.chars().count() <= TEXT_CHARS && !text.contains(char::is_control);
    fits.then(|| text.to_owned())
        .ok_or_else(|| format!("is not a release, a version or a commit on one line, of up to {TEXT_CHARS} characters"))
}

/// A public key with its project.
pub(crate) fn project_key(text: &str) -> Result<ProjectKey, String> {
    let wrong = "is not KEY=PROJECT, each of 1 to 100 letters, digits, -, _ and .";
    ProjectKey::parse(text.trim()).ok_or_else(|| wrong.to_owned())
}

/// Projects with their repositories.
#[derive(Debug, Clone)]
pub(crate) struct Repositories(pub(crate) Vec<(String, Repository)>);

/// Parses `owner/name` for the default project and `project=owner/name` for others, separated by commas.
pub(crate) fn repositories(text: &str) -> Result<Repositories, String> {
    let mut repositories: Vec<(String, Repository)> = Vec::new();
    // a further comma may end the list
    let list = text.trim().strip_suffix(',').unwrap_or(text);
    for entry in list.split(',').map(str::trim) {
        let (project, name) = entry.split_once('=').unwrap_or((DEFAULT_PROJECT, entry));
        let repository = Repository::parse(name).filter(|_| is_name(project));
        let Some(repository) = repository else {
            return Err(if entry == list.trim() {
                "is neither owner/name nor PROJECT=owner/name".to_owned()
            } else {
                format!("holds `{entry}`, which is neither owner/name nor PROJECT=owner/name")
            });
        };
        if repositories.iter().any(|(other, _)| other == project) {
            return Err(format!("is refused: the project `{project}` has two repositories; a project has one"));
        }
        let is_same = |other: &Repository| {
            other.owner.eq_ignore_ascii_case(&repository.owner) && other.name.eq_ignore_ascii_case(&repository.name)
        };
        if let Some((other, _)) = repositories.iter().find(|(_, other)| is_same(other)) {
            return Err(format!(
                "is refused: `{name}` belongs to the projects `{other}` and `{project}`; give each its own"
            ));
        }
        repositories.push((project.to_owned(), repository));
    }
    Ok(Repositories(repositories))
}

/// `copilot`, or a login of GitHub.
pub(crate) fn agent(text: &str) -> Result<String, String> {
    let text = text.trim();
    if text.eq_ignore_ascii_case("copilot") {
        return Ok("copilot".to_owned());
    }
    let login = text.strip_suffix("[bot]").unwrap_or(text);
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    let is_login = !login.is_empty()
        && login.len() <= MAX_LOGIN_CHARS
        && login.chars().all(allowed)
        && !login.starts_with('-')
        && !login.ends_with('-');
    is_login.then(|| text.to_owned()).ok_or_else(|| "is neither copilot nor a login on GitHub".to_owned())
}

/// A source whose text needs no approval.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TrustedSource {
    None,
    Run,
    Mcp,
    Browser,
}

/// Parses the name of a source.
pub(crate) fn trusted_source(text: &str) -> Result<TrustedSource, String> {
    match text.trim() {
        "none" => Ok(TrustedSource::None),
        "run" => Ok(TrustedSource::Run),
        "mcp" => Ok(TrustedSource::Mcp),
        "browser" => Ok(TrustedSource::Browser),
        _ => Err("is not one of run, mcp, browser, none".to_owned()),
    }
}

/// Several secrets, which are valid at once, so that one can be replaced.
#[derive(Clone)]
pub(crate) struct Secrets(pub(crate) Vec<SecretString>);

impl fmt::Debug for Secrets {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} secrets", self.0.len())
    }
}

/// The secrets in a list, separated by commas or blanks.
pub(crate) fn split_secrets(text: &str) -> impl Iterator<Item = &str> {
    text.split([',', ' ', '\t', '\n', '\r']).filter(|secret| !secret.is_empty())
}

/// Parses secrets, separated by commas or blanks. Refuses short ones and those of a few repeated characters, because a
/// stranger could guess them.
pub(crate) fn secrets(text: &str) -> Result<Secrets, String> {
    let parsed = split_secrets(text).map(|secret| {
        let length = secret.chars().count();
        if length < MIN_SECRET_CHARS {
            let characters = if length == 1 { "character" } else { "characters" };
            return Err(format!(
                "a secret of {length} {characters} can be guessed; use at least {MIN_SECRET_CHARS}, for example from \
                 `openssl rand -hex 16`"
            ));
        }
        let distinct = secret.chars().collect::<HashSet<char>>().len();
        if distinct < MIN_DISTINCT_CHARS {
            return Err(format!(
                "a secret of {distinct} different characters can be guessed; make one, for example with `openssl rand -hex 16`"
            ));
        }
        secret_of(secret)
    });
    let secrets: Vec<SecretString> = parsed.collect::<Result<_, _>>()?;
    if secrets.is_empty() {
        // Two unset variables in `$A,$B` would otherwise count as no secret at all.
        return Err("it is set, but holds no secret; set one, or leave it unset".to_owned());
    }
    Ok(Secrets(secrets))
}

/// Parses one token or key. Of several in a variable that the service reads too, the first is used.
pub(crate) fn secret(text: &str) -> Result<SecretString, String> {
    let first = split_secrets(text).next();
    secret_of(first.ok_or("it is set, but holds no secret; set one, or leave it unset")?)
}

/// The secret, if a header of HTTP can carry it.
pub(crate) fn secret_of(text: &str) -> Result<SecretString, String> {
    let fits = text.chars().all(|c| c.is_ascii_graphic());
    let wrong = "the secret holds characters other than printable ASCII, which no header of HTTP carries";
    fits.then(|| SecretString::from(text)).ok_or_else(|| wrong.to_owned())
}

/// The fingerprint of a failure.
pub(crate) fn fingerprint(text: &str) -> Result<Fingerprint, String> {
    Fingerprint::parse(text.trim()).ok_or_else(|| "is not a fingerprint of 32 hexadecimal digits".to_owned())
}

/// The hash of a client.
pub(crate) fn client(text: &str) -> Result<ClientHash, String> {
    ClientHash::parse(text.trim()).ok_or_else(|| "is not a hash of 16 hexadecimal digits".to_owned())
}
