//! Names of files that lie in a served directory by accident, or because a program put them beside the page's files.

use self::Rule::{Database, Extension, Leftover, Stem, Suffix};

/// What makes a name private. All names are compared in lower case.
enum Rule {
    /// The last part of the name, after a dot.
    Extension(&'static [&'static str]),
    /// As `Extension`; a directory with such a name is not served either.
    Leftover(&'static [&'static str]),
    /// As `Extension`; also with `-` and more after it, as in `shop.db-mj0123`.
    Database(&'static [&'static str]),
    /// The end of the name.
    Suffix(&'static [&'static str]),
    /// The name before its first dot, unless it is a script, a page or a public key.
    Stem(&'static [&'static str]),
}

/// The rules, each with the reason for it.
const RULES: [(Rule, &str); 11] = [
    (Database(&["db", "db3", "sqlite", "sqlite2", "sqlite3", "s3db", "sl3"]), "SQLite gives its databases these names"),
    (Suffix(&["-journal", "-wal", "-shm"]), "SQLite writes rows of the database into these files beside it"),
    (Extension(&["sql", "dump", "mdb", "accdb", "rdb", "ldb", "mdf", "dbf"]), "databases and exports of databases"),
    (Extension(&["dmp", "mdmp", "hprof", "core", "heapsnapshot"]), "copies of a program's memory hold its secrets"),
    (
        Extension(&["pem", "key", "p12", "pfx", "pkcs12", "p8", "pk8", "der", "ppk", "jks", "keystore", "keytab"]),
        "files of private keys",
    ),
    (Stem(&["id_rsa", "id_dsa", "id_ecdsa", "id_ed25519", "id_ecdsa_sk", "id_ed25519_sk"]), "private keys of ssh"),
    (
        Stem(&["credentials", "secrets", "htpasswd", "htaccess", "netrc", "_netrc", "pgpass", "npmrc", "pypirc"]),
        "files of passwords and tokens, some without the dot of their usual names",
    ),
    (Extension(&["kdbx", "kdb", "tfstate", "tfvars", "ovpn"]), "passwords, and settings that hold them"),
    (
        Leftover(&[
            "bak", "bkp", "bk", "backup", "old", "orig", "save", "sav", "swp", "swo", "swn", "tmp", "temp", "rej",
        ]),
        "editors and merges leave these copies, which a server of scripts would show as text",
    ),
    (Extension(&["log"]), "logs hold what other people sent"),
    (Stem(&["thumbs", "ehthumbs", "desktop", "ds_store", "nohup", "core"]), "files that systems leave in directories"),
];

/// Extensions of a compressed copy. A copy is as private as the file itself.
const COMPRESSED: [&str; 10] = ["gz", "tgz", "bz2", "xz", "zst", "lz4", "br", "zip", "7z", "enc"];
/// Extensions of files that are meant for browsers, as in `env.js`.
const FOR_PAGES: [&str; 14] =
    ["js", "mjs", "cjs", "ts", "mts", "css", "html", "htm", "wasm", "map", "svg", "png", "webp", "pub"];

/// True for the name of a file that is not served.
pub(super) fn is_private_file(name: &str) -> bool {
    let name = original_name(name);
    let extensions: Vec<&str> = name.split('.').skip(1).collect();
    let extension = extensions.last().copied().unwrap_or_default();
    let stem = name.split('.').next().unwrap_or_default();
    let is_for_pages = FOR_PAGES.contains(&extension);
    let is_private = |rule: &Rule| match rule {
        Extension(all) => all.contains(&extension),
        Database(all) => {
            all.contains(&extension) || extension.split_once('-').is_some_and(|(extension, _)| all.contains(&extension))
        }
        Suffix(all) => all.iter().any(|suffix| name.ends_with(suffix)),
        Stem(all) => !is_for_pages && all.contains(&stem),
        // judged as of a directory
        Leftover(_) => false,
    };
    is_private_directory(&name) || is_environment(&name) || RULES.iter().any(|(rule, _)| is_private(rule))
}

/// True for the name of a directory that is not served: a copy that was left behind.
pub(super) fn is_private_directory(name: &str) -> bool {
    let name = original_name(name);
    let extension = name.rsplit_once('.').map(|(_, extension)| extension).unwrap_or_default();
    let is_leftover = |rule: &Rule| matches!(rule, Leftover(all) if all.contains(&extension));
    name.ends_with('~')
        || name.starts_with('#') && name.ends_with('#')
        || name == "__macosx"
        || RULES.iter().any(|(rule, _)| is_leftover(rule))
}

/// True for variables of an environment, such as `env.local` and `prod.env`, but not for `env.js` and `env.json`, which
/// configure pages.
fn is_environment(name: &str) -> bool {
    let extension = name.rsplit('.').next().unwrap_or_default();
    let is_for_pages = extension == "json" || FOR_PAGES.contains(&extension);
    !is_for_pages && name.split('.').any(|part| part == "env" || part == "envrc")
}

/// The name in lower case, without what counts and compresses copies: `dump.sql` for `Dump.SQL.2.gz`, `a.bak` for
/// `a.bak1`.
fn original_name(name: &str) -> String {
    let mut name = name.to_lowercase();
    loop {
        let end = name.trim_end_matches([' ', '.']);
        let end = match end.rsplit_once('.') {
            Some((before, last)) if COMPRESSED.contains(&last) || last.chars().all(is_of_count) => before,
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

/// True for a character of a number or date.
fn is_of_count(c: char) -> bool {
    c.is_ascii_digit() || matches!(c, '-' | '_' | ':')
}

/// True if the extension is named in a rule.
fn is_known(name: &str) -> bool {
    let extension = name.rsplit('.').next().unwrap_or_default();
    RULES.iter().any(|(rule, _)| match rule {
        Extension(all) | Leftover(all) | Database(all) => all.contains(&extension),
        Suffix(_) | Stem(_) => false,
    }) || FOR_PAGES.contains(&extension)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn private_names_are_recognized_in_any_case_and_as_copies() {
        for name in [
            "shop.db",
            "Shop.DB",
            "shop.sqlite3",
            "shop.db3",
            "shop.db-journal",
            "shop-journal",
            "shop.sqlite-WAL",
            "data-shm",
            "shop.db-mj0123456",
            "shop.db.1",
            "shop.db.2026-11-27",
            "shop.db-wal.gz",
            "dump.sql",
            "Dump.SQL.2.gz",
            "shop.dump",
            "tls.pem",
            "TLS.Key",
            "tls.key.1",
            "a.p12",
            "a.pfx",
            "id_rsa",
            "id_ed25519.old",
            "env",
            "env.local",
            "ENV.production.local",
            "prod.env",
            "app.env.bak",
            "secrets.json",
            "credentials",
            "htpasswd",
            "index.html~",
            "index.html.~1~",
            "#index.html#",
            "a.swp",
            "a.bak",
            "a.bak1",
            "a.bak-2",
            "a.backup-1",
            "a.ORIG",
            "a.old.2",
            "a.save",
            "a.save.1",
            "a.bak.zip",
            "a.bak.",
            "a.bak ",
            "Thumbs.db",
            "desktop.ini",
            "core",
            "core.1234",
            "error.log",
            "error.log.3.gz",
            "x.hprof",
        ] {
            assert!(is_private_file(name), "{name}");
        }
    }

    #[test]
    fn files_of_pages_are_served() {
        for name in [
            "index.html",
            "app.js",
            "app.js.map",
            "app.js.gz",
            "app.3f9a1b2c.js",
            "app-1.4.2",
            "env.js",
            "env.json",
            "env.d.ts",
            "environment.html",
            "keys.html",
            "key.svg",
            "secrets.html",
            "core.js",
            "core.wasm",
            "desktop.css",
            "old.html",
            "backup.html",
            "db.js",
            "sql-wasm.wasm",
            "journal.html",
            "journal",
            "wal.svg",
            "shop.json",
            "id_rsa.pub",
            "robots.txt",
            "LICENSE",
            "favicon.ico",
            "photo.jpeg",
            "clip.mp4",
            "font.woff2",
            "archive.zip",
            "1",
            "2026-11-27",
            "...",
            "logo",
            "login",
            "changelog",
            "a#b#c",
            "C#",
            "manual.7z",
            "book.epub",
            "x.h264",
        ] {
            assert!(!is_private_file(name), "{name}");
        }
    }

    #[test]
    fn directories_are_judged_as_copies_only() {
        for name in ["site.bak", "site.old2", "site~", "__MACOSX", "site.BACKUP-1"] {
            assert!(is_private_directory(name), "{name}");
        }
        for name in ["travel-journal", "key", "env", "core", "old", "shop.db", "v1.2"] {
            assert!(!is_private_directory(name), "{name}");
        }
    }
}
