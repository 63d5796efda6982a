//! Normalises a frame's file for the fingerprint, so that it is the same on every host and after every build.

use super::id;

/// Folders at which a project's tree usually begins. The path before them differs between machines.
const PROJECT_FOLDERS: [&str; 5] = ["packages", "apps", "src", "dist", "build"];

/// Returns the path of a frame's file without scheme, host, query and fragment, and with the hashes of builds replaced.
///
/// A local path loses everything before `node_modules` or before the first of [`PROJECT_FOLDERS`]; without these it
/// loses the home directory. The path of a URL stays whole, because it is the same on every machine.
pub(in super::super) fn normalise_file(file: &str) -> String {
    let file = file.split(['?', '#']).next().unwrap_or(file).trim();
    let (path, is_local) = path_of(file);
    let path = path.replace('\\', "/");
    let path = if is_local { within_project(&path) } else { &path };
    let mut out = String::with_capacity(path.len());
    for part in path.split('/').filter(|part| !matches!(*part, "" | "." | "..")) {
        if !out.is_empty() {
            out.push('/');
        }
        match id::uuid(part) {
            Some(length) if length == part.len() => out.push_str("<id>"),
            _ => id::without_hashes(part, &mut out),
        }
    }
    out
}

/// Returns the path, and true if it belongs to a local file system.
fn path_of(file: &str) -> (&str, bool) {
    let file = file.strip_prefix("blob:").unwrap_or(file);
    match file.split_once("://") {
        Some(("file", path)) => (without_drive(path.trim_start_matches('/')), true),
        // in `webpack://name/…` the name of the bundle stands where other URLs have a host
        Some((_, rest)) => (rest.split_once('/').map_or("", |(_, path)| path), false),
        None => {
            let path = without_drive(file);
            (path, path.len() < file.len() || file.starts_with(['/', '~', '\\']))
        }
    }
}

fn without_drive(path: &str) -> &str {
    let bytes = path.as_bytes();
    let is_drive =
        bytes.len() > 2 && bytes[0].is_ascii_alphabetic() && bytes[1] == b':' && matches!(bytes[2], b'/' | b'\\');
    if is_drive { &path[2..] } else { path }
}

fn within_project(path: &str) -> &str {
    if let Some(at) = path.rfind("node_modules/") {
        return &path[at..];
    }
    let mut at = 0;
    for part in path.split('/') {
        if PROJECT_FOLDERS.contains(&part) && at + part.len() < path.len() {
            return &path[at..];
        }
        at += part.len() + 1;
    }
    let trimmed = path.trim_start_matches('/');
    let home = ["home/", "Users/", "users/", "export/home/"].into_iter().find_map(|home| trimmed.strip_prefix(home));
    let within = home.and_then(|rest| rest.split_once('/')).map(|(_, rest)| rest);
    within.or_else(|| trimmed.strip_prefix("root/")).or_else(|| trimmed.strip_prefix("~/")).unwrap_or(trimmed)
}
