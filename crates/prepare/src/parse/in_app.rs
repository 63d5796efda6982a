//! Whether a frame is the application's own code, judged by where its file comes from.

/// Hosts that serve other people's packages.
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

/// Beginnings that only the engine's, the runtime's or the bundler's own code has.
const FOREIGN_PREFIXES: [&str; 14] = [
    "[",
    "<",
    "node:",
    "internal/",
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

/// Folders that hold dependencies; `~` is what old webpack wrote for `node_modules`.
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

/// A frame without a file is anonymous or native, so not in the application.
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

/// Bytes, not characters: this looks at every byte of every frame's file.
fn has_foreign_part(file: &str) -> bool {
    let mut last: &[u8] = b"";
    for part in file.as_bytes().split(|byte| matches!(byte, b'/' | b'\\')) {
        if FOREIGN_FOLDERS.iter().any(|folder| folder.as_bytes() == part) {
            return true;
        }
        if part.contains(&b'?') || part.contains(&b'#') {
            return is_ours(part);
        }
        last = part;
    }
    is_ours(last)
}

/// Our SDK reports the caller's error; its own frames are in every report and tell nothing.
fn is_ours(name: &[u8]) -> bool {
    name.starts_with(b"mcp-autoheal") || name.starts_with(b"mcp_autoheal")
}
