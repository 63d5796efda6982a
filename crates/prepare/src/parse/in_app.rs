//! Decides by a frame's file whether the frame is the application's own code.

/// Hosts that serve published packages.
const PACKAGE_HOSTS: [&str; 9] = [
    "cdn.jsdelivr.net",
    "fastly.jsdelivr.net",
    "unpkg.com",
    "cdnjs.cloudflare.com",
    "esm.sh",
    "cdn.skypack.dev",
    "ga.jspm.io",
    "ajax.googleapis.com",
    "code.jquery.com",
];

/// Prefixes of files that belong to the engine, the runtime or the bundler.
const FOREIGN_PREFIXES: [&str; 15] = [
    "[",
    "<",
    "node:",
    "internal/",
    "internal:",
    "bun:",
    "deno:",
    "ext:",
    "electron/",
    "extensions::",
    "chrome:",
    "resource://gre/",
    "self-hosted",
    "debugger eval code",
    "webpack/",
];

/// Folders of dependencies. Old versions of webpack write `~` for `node_modules`.
const FOREIGN_FOLDERS: [&str; 9] = [
    "node_modules",
    "bower_components",
    "jspm_packages",
    ".vite",
    ".yarn",
    "~",
    "(webpack)",
    "site-packages",
    "dist-packages",
];

/// Returns true for a file of the application. A frame without a file is anonymous or native, so not in the
/// application.
pub(super) fn is_in_app(file: Option<&str>) -> bool {
    let Some(file) = file else { return false };
    !(FOREIGN_PREFIXES.iter().any(|prefix| file.starts_with(prefix))
        || is_extension_or_package(file)
        || has_foreign_part(file))
}

fn is_extension_or_package(file: &str) -> bool {
    let Some((scheme, rest)) = file.split_once("://") else { return false };
    let host = rest.split(['/', ':']).next().unwrap_or(rest);
    scheme.ends_with("-extension")
        || PACKAGE_HOSTS.contains(&host)
        || rest.trim_start_matches('/').starts_with("webpack/")
}

/// Returns true if the path has a folder of dependencies, or is a file of autoheal's SDK. Compares bytes instead of
/// characters for speed, because it scans the file of every frame.
fn has_foreign_part(file: &str) -> bool {
    let mut last: &[u8] = b"";
    for part in file.as_bytes().split(|byte| matches!(byte, b'/' | b'\\')) {
        if FOREIGN_FOLDERS.iter().any(|folder| folder.as_bytes() == part) {
            return true;
        }
        if part.contains(&b'?') || part.contains(&b'#') {
            return is_sdk_file(part);
        }
        last = part;
    }
    is_sdk_file(last)
}

/// Returns true for a file of autoheal's SDK. Its frames are in every report, so they do not distinguish failures.
fn is_sdk_file(name: &[u8]) -> bool {
    name.starts_with(b"mcp-autoheal") || name.starts_with(b"mcp_autoheal")
}
