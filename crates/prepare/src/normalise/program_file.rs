//! Files of the program, whose names stay in a message because another file is another error: modules, configuration,
//! templates and bundles. Files that users name become `<path>`.

use std::borrow::Cow;

use super::{bundle_name, id};

/// Endings of files that belong to a program wherever they are.
const PROGRAM_ENDINGS: [&str; 44] = [
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
    "yaml",
    "yml",
    "toml",
    "ini",
    "cfg",
    "conf",
    "env",
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
    "so",
    "dll",
    "exe",
    "dylib",
    "jar",
];

/// Folders whose files belong to a program, whatever their endings.
const PROGRAM_FOLDERS: [&str; 20] = [
    "config",
    "conf",
    "etc",
    "settings",
    "templates",
    "views",
    "locales",
    "i18n",
    "migrations",
    "assets",
    "public",
    "static",
    "resources",
    "schemas",
    "fixtures",
    "src",
    "lib",
    "dist",
    "build",
    "node_modules",
];

/// Names that a program's own file has.
const PROGRAM_NAMES: [&str; 9] = [
    "package.json",
    "tsconfig.json",
    "composer.json",
    "manifest.json",
    "config.json",
    "settings.json",
    "appsettings.json",
    "deno.json",
    "index.json",
];

/// Endings of files of data, even if their path is relative.
const DATA_ENDINGS: [&str; 16] =
    ["txt", "log", "csv", "tsv", "pdf", "png", "jpg", "jpeg", "gif", "zip", "gz", "tmp", "db", "sqlite", "xlsx", "mp4"];

/// Returns what stays of an absolute path.
pub(super) fn absolute(path: &str) -> Cow<'static, str> {
    match program_name(path) {
        Some(name) => format!("<path>/{name}").into(),
        None => "<path>".into(),
    }
}

/// Returns what stays of a URL: the name of a script, because another script is another error.
pub(super) fn of_url(url: &str) -> Cow<'static, str> {
    let path = url.split(['?', '#']).next().unwrap_or(url);
    let is_script = [".js", ".mjs", ".css", ".wasm"].iter().any(|ending| path.ends_with(ending));
    match path.rsplit_once('/').filter(|_| is_script) {
        Some((folder, name)) if !folder.ends_with('/') && !name.contains('<') => {
            format!("<url>/{}", bundle_name(name)).into()
        }
        _ => "<url>".into(),
    }
}

/// Returns a relative path, which is the program's own unless it names a file of data.
pub(super) fn relative(path: &str) -> Cow<'static, str> {
    let path = without_position(path.split('?').next().unwrap_or(path));
    let ending = path.rsplit('/').next().and_then(|name| name.rsplit_once('.')).map_or("", |(_, ending)| ending);
    if DATA_ENDINGS.contains(&ending) || path.contains('<') || path.len() > 200 {
        return "<path>".into();
    }
    let mut kept = String::with_capacity(path.len());
    for (at, part) in path.split('/').enumerate() {
        kept.push_str(if at > 0 { "/" } else { "" });
        id::without_hashes(part, &mut kept);
    }
    kept.into()
}

fn program_name(path: &str) -> Option<String> {
    let path = without_position(path.split(['?', '#']).next().unwrap_or(path));
    let mut parts = path.rsplit(['/', '\\']);
    let name = parts.next()?;
    let (stem, ending) = name.rsplit_once('.').filter(|(stem, _)| !stem.is_empty())?;
    let is_programs = PROGRAM_ENDINGS.contains(&ending)
        || PROGRAM_NAMES.contains(&name)
        || parts.next().is_some_and(|folder| PROGRAM_FOLDERS.contains(&folder));
    // a name with digits was rather made by a program than by its author
    let is_stable =
        name.len() <= 80 && !name.contains(['<', ' ', ':']) && !stem.bytes().any(|byte| byte.is_ascii_digit());
    if is_programs && is_stable {
        return Some(name.to_owned());
    }
    let bundle = bundle_name(name);
    (is_programs && bundle.contains("<hash>") && !name.contains(['<', ' ', ':'])).then(|| bundle.into_owned())
}

fn without_position(path: &str) -> &str {
    let mut path = path;
    for _ in 0..2 {
        let Some((rest, digits)) = path.rsplit_once(':') else { break };
        if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            break;
        }
        path = rest;
    }
    path
}
