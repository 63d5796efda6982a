//! Masks passwords in a command's arguments that only the program's own option syntax reveals: `mysql -pWORD`.

use std::ffi::{OsStr, OsString};
use std::path::Path;

const MASK: &str = "<secret>";

/// Syntax by which a program takes a password on its command line.
enum PasswordOption {
    /// `-a WORD`, `-aWORD`.
    Value(&'static str),
    /// `-pWORD` only. With `-p WORD`, the program prompts for the password, and WORD is another argument.
    Attached(&'static str),
    /// `-U user%WORD`: the text after the separator.
    AfterSeparator(&'static str, char),
    /// The first word after this one that is not an option.
    WordAfter(&'static str),
    /// Like `Value`, after this word: `docker login … -p WORD`.
    ValueAfter(&'static str, &'static str),
}

/// Program names and their syntax, from their manuals.
static PROGRAMS: [(&[&str], PasswordOption); 9] = [
    (
        &[
            "mysql",
            "mysqldump",
            "mysqladmin",
            "mysqlimport",
            "mysqlcheck",
            "mysqlshow",
            "mysqlslap",
            "mysqlbinlog",
            "mysqlpump",
            "mariadb",
            "mariadb-dump",
            "mycli",
            "7z",
            "7za",
            "7zz",
            "7zr",
            "rar",
            "unrar",
            "xtrabackup",
        ],
        PasswordOption::Attached("-p"),
    ),
    (
        &[
            "sshpass",
            "mongo",
            "mongosh",
            "mongodump",
            "mongorestore",
            "mongoexport",
            "mongoimport",
            "twine",
            "cqlsh",
            "evil-winrm",
        ],
        PasswordOption::Value("-p"),
    ),
    (&["redis-cli", "redis-benchmark", "valkey-cli", "memtier_benchmark"], PasswordOption::Value("-a")),
    (
        &["sqlcmd", "bcp", "isql", "osql", "mosquitto_pub", "mosquitto_sub", "zip", "unzip", "ipmitool"],
        PasswordOption::Value("-P"),
    ),
    (
        &["ldapsearch", "ldapadd", "ldapmodify", "ldapdelete", "ldapwhoami", "ldappasswd", "ldapcompare", "ldapmodrdn"],
        PasswordOption::Value("-w"),
    ),
    (
        &["docker", "podman", "nerdctl", "buildah", "skopeo", "oras", "helm", "oc", "az", "cf"],
        PasswordOption::ValueAfter("login", "-p"),
    ),
    (&["vault"], PasswordOption::WordAfter("login")),
    (&["smbclient", "rpcclient"], PasswordOption::AfterSeparator("-U", '%')),
    (&["lftp"], PasswordOption::AfterSeparator("-u", ',')),
];

/// The words, with the passwords masked. The program may come after `sudo`, `env` and similar words.
#[must_use]
pub(crate) fn without_secrets(words: &[OsString]) -> Vec<OsString> {
    let mut masked = words.to_vec();
    for (at, word) in words.iter().enumerate() {
        let name = Path::new(word).file_name().and_then(OsStr::to_str).unwrap_or_default();
        let name = name.strip_suffix(".exe").unwrap_or(name);
        for (_, option) in PROGRAMS.iter().filter(|(names, _)| names.contains(&name)) {
            option.mask(&mut masked[at + 1..]);
        }
    }
    masked
}

impl PasswordOption {
    /// Masks the password among the words after the program's name.
    fn mask(&self, words: &mut [OsString]) {
        let from = match self {
            Self::WordAfter(first) | Self::ValueAfter(first, _) => match words.iter().position(|word| word == first) {
                Some(at) => at + 1,
                None => return,
            },
            _ => 0,
        };
        // masks one password only; later options may belong to another program
        let mut words = words[from..].iter_mut();
        while let Some(word) = words.next() {
            // an argument that is not UTF-8 holds none of these options
            let Some(text) = word.to_str() else { continue };
            match self {
                Self::WordAfter(_) if text.starts_with('-') => {}
                Self::WordAfter(_) => return *word = MASK.into(),
                Self::Value(option) | Self::ValueAfter(_, option) if text == *option => {
                    return words.next().into_iter().for_each(|value| *value = MASK.into());
                }
                Self::Value(option) | Self::ValueAfter(_, option) | Self::Attached(option) => {
                    if text.strip_prefix(option).is_some_and(|value| !value.is_empty()) {
                        return *word = format!("{option}{MASK}").into();
                    }
                }
                Self::AfterSeparator(option, separator) => {
                    if !text.starts_with(option) {
                        continue;
                    }
                    let value = if text == *option { words.next() } else { Some(word) };
                    let Some(value) = value else { return };
                    if let Some((user, _)) = value.to_str().and_then(|text| text.split_once(*separator)) {
                        return *value = format!("{user}{separator}{MASK}").into();
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn masked(line: &str) -> String {
        let words: Vec<OsString> = line.split(' ').map(OsString::from).collect();
        without_secrets(&words).iter().map(|word| word.to_str().unwrap()).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn passwords_are_masked_by_each_programs_own_syntax() {
        for (line, expected) in [
            ("mysql -phunter2 -u root shop", "mysql -p<secret> -u root shop"),
            ("mysql -u root -p shop", "mysql -u root -p shop"),
            ("sshpass -p hunter2 ssh host -p 22", "sshpass -p <secret> ssh host -p 22"),
            ("sudo /usr/bin/sshpass -phunter2 ssh host", "sudo /usr/bin/sshpass -p<secret> ssh host"),
            ("redis-cli -h localhost -a hunter2 ping", "redis-cli -h localhost -a <secret> ping"),
            ("docker login -u me -p hunter2 registry", "docker login -u me -p <secret> registry"),
            ("docker run -p 8080:80 shop", "docker run -p 8080:80 shop"),
            ("vault login -method=token hunter2", "vault login -method=token <secret>"),
            ("vault read secret/shop", "vault read secret/shop"),
            ("smbclient -U me%hunter2 //host/share", "smbclient -U me%<secret> //host/share"),
            ("smbclient -Ume%hunter2 //host/share", "smbclient -Ume%<secret> //host/share"),
            ("lftp -u me,hunter2 host", "lftp -u me,<secret> host"),
            ("ldapsearch -x -w hunter2", "ldapsearch -x -w <secret>"),
            ("python -m app -p 80 -a x", "python -m app -p 80 -a x"),
            ("redis-cli -a", "redis-cli -a"),
        ] {
            assert_eq!(masked(line), expected);
        }
    }
}
