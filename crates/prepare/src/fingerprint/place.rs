//! Place: a frame's file as the fingerprint has it, the same in every installation and after every build.

use std::borrow::Cow;

use crate::normalise::bundle_name;

/// Names that many folders have, so that they say something only together with their folder.
const COMMON_STEMS: [&str; 12] =
    ["index", "mod", "lib", "__init__", "__main__", "page", "route", "layout", "template", "loading", "+page", "init"];

/// Folders between a module's folder and its files, and folders at which an installation begins. They do not
/// distinguish modules.
const PLAIN_FOLDERS: [&str; 15] = [
    "current",
    "src",
    "lib",
    "dist",
    "build",
    "out",
    "app",
    "main",
    "workspace",
    "task",
    "work",
    "target",
    "bin",
    "code",
    "repo",
];

/// Schemes whose host is the name of a bundle or of an app instead of a server.
const LOCAL_SCHEMES: [&str; 7] = ["file", "app", "capacitor", "ionic", "asar", "tauri", "vscode-file"];

/// Returns the part of a file's name that is the same in every installation and after every build.
///
/// Of a URL that is its path, with the hashes of builds replaced. Of a file on a machine it is the name alone, with its
/// folder only where many files have that name, because the installation's own folder cannot be recognised for certain.
pub(super) fn place(file: &str) -> String {
    let file = file.split(['?', '#']).next().unwrap_or(file).trim();
    let file = file.strip_prefix("blob:").unwrap_or(file);
    if is_notebook_cell(file) {
        return "<cell>".to_owned();
    }
    match file.split_once("://") {
        Some((scheme, path)) if LOCAL_SCHEMES.contains(&scheme) => local(path),
        Some((scheme, rest)) => {
            let path = rest.split_once('/').map_or("", |(_, path)| path);
            // bundlers write the name of a module where other URLs have a path
            if scheme.starts_with("webpack") || scheme.starts_with("turbopack") { module(path) } else { served(path) }
        }
        None if file.starts_with("node:") || file.starts_with(['[', '<']) => file.to_owned(),
        None => local(file),
    }
}

/// Returns true for the file that Jupyter makes of a cell, which has another name on each run.
fn is_notebook_cell(file: &str) -> bool {
    file.contains("/ipykernel_") || file.starts_with("<ipython-input-") || file.contains("\\ipykernel_")
}

/// Returns a URL's path, with each part's build hashes replaced.
fn served(path: &str) -> String {
    join(path.split('/').map(|part| bundle_name(part)))
}

/// Returns a module's path without the layer of Next.js: `(rsc)/./app/page.tsx`.
fn module(path: &str) -> String {
    let is_layer = |part: &&str| part.starts_with('(') && part.ends_with(')');
    join(path.split('/').enumerate().filter(|(at, part)| *at > 0 || !is_layer(part)).map(|(_, part)| part.into()))
}

fn join<'a>(parts: impl Iterator<Item = Cow<'a, str>>) -> String {
    let mut path = String::new();
    for part in parts.filter(|part| !matches!(part.as_ref(), "" | "." | "..")) {
        if !path.is_empty() {
            path.push('/');
        }
        path.push_str(&part);
    }
    path
}

fn local(path: &str) -> String {
    let all: Vec<&str> = path.split(['/', '\\']).filter(|part| !matches!(*part, "" | "." | "..")).collect();
    let Some((name, folders)) = all.split_last() else { return String::new() };
    let stem = name.split('.').next().unwrap_or(name);
    let name = bundle_name(name);
    if !COMMON_STEMS.contains(&stem) {
        return name.into_owned();
    }
    let within = &folders[installation(path, folders)..];
    match within.iter().rev().find(|folder| !is_plain(folder)) {
        Some(folder) => format!("{folder}/{name}"),
        None => name.into_owned(),
    }
}

/// Folders below which each installation has a folder of its own, with the number of names below them.
const INSTALLATIONS: [(&[&str], usize); 16] = [
    (&["var", "task"], 0),
    (&["home", "runner", "work"], 2),
    (&["github", "workspace"], 0),
    (&["usr", "src"], 1),
    (&["usr", "local"], 1),
    (&["var", "www"], 1),
    (&["var", "lib"], 1),
    (&["home"], 2),
    (&["Users"], 2),
    (&["builds"], 2),
    (&["root"], 1),
    (&["srv"], 1),
    (&["opt"], 1),
    (&["tmp"], 1),
    (&["mnt"], 1),
    (&["Apps"], 1),
];

/// Returns the number of folders that belong to the installation; 0 for a relative path.
fn installation(path: &str, folders: &[&str]) -> usize {
    if let Some(at) = folders.iter().rposition(|folder| folder.ends_with(".asar") || *folder == "node_modules") {
        return at + 1;
    }
    let is_drive = folders.first().is_some_and(|first| first.len() == 2 && first.ends_with(':'));
    if !is_drive && !path.starts_with(['/', '\\', '~']) {
        return 0;
    }
    let from = usize::from(is_drive || folders.first() == Some(&"private"));
    let begins = |(start, _): &&(&[&str], usize)| folders[from..].starts_with(start);
    let length = INSTALLATIONS.iter().find(begins).map_or(0, |(start, below)| start.len() + below);
    (from + length).min(folders.len())
}

/// Returns true for a folder that does not distinguish modules: by its name, or as the folder of a release or a
/// temporary one, which has digits.
fn is_plain(folder: &str) -> bool {
    PLAIN_FOLDERS.contains(&folder) || folder.bytes().any(|byte| byte.is_ascii_digit()) || folder.contains(".asar")
}

#[cfg(test)]
mod tests;
