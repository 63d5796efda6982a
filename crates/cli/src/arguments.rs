//! Secrets among a command's arguments that only the program's own way of writing options tells: `mysql -pWORD`.

use std::ffi::{OsStr, OsString};
use std::path::Path;

const MASK: &str = "<secret>";

/// How a program is told its password.
enum Way {
    /// `-a WORD`, `-aWORD`.
    Option(&'static str),
    /// `-pWORD` only: `-p WORD` asks for the password, and the word is something else.
    Attached(&'static str),
    /// `-U user%WORD`: what stands behind the separator.
    Behind(&'static str, char),
    /// The first word after this one that is no option.
    Word(&'static str),
    /// As the first, once this word was there: `docker login … -p WORD`.
    After(&'static str, &'static str),
}

/// By programs' names, from their manuals.
static PROGRAMS: [(&[&str], Way); 9] = [
    (&["mysql", "mysqldump", "mysqladmin", "mysqlimport", "mariadb", "mariadb-dump", "7z", "7za"], Way::Attached("-p")),
    (&["sshpass", "mongo", "mongosh", "mongodump", "mongorestore"], Way::Option("-p")),
    (&["redis-cli"], Way::Option("-a")),
    (&["sqlcmd", "bcp", "mosquitto_pub", "mosquitto_sub", "zip", "unzip", "ipmitool"], Way::Option("-P")),
    (&["ldapsearch", "ldapadd", "ldapmodify", "ldapdelete", "ldapwhoami"], Way::Option("-w")),
    (&["docker", "podman", "nerdctl", "buildah", "skopeo", "oras", "helm", "oc", "az"], Way::After("login", "-p")),
    (&["vault"], Way::Word("login")),
    (&["smbclient", "rpcclient"], Way::Behind("-U", '%')),
    (&["lftp"], Way::Behind("-u", ',')),
];

/// The words with such secrets masked; the program may stand behind `sudo`, `env` and the like.
#[must_use]
pub(crate) fn without_secrets(words: &[OsString]) -> Vec<OsString> {
    let mut masked = words.to_vec();
    for (at, word) in words.iter().enumerate() {
        let name = Path::new(word).file_name().and_then(OsStr::to_str).unwrap_or_default();
        let name = name.strip_suffix(".exe").unwrap_or(name);
        for (_, way) in PROGRAMS.iter().filter(|(names, _)| names.contains(&name)) {
            way.mask(&mut masked[at + 1..]);
        }
    }
    masked
}

impl Way {
    fn mask(&self, words: &mut [OsString]) {
        let from = match self {
            Self::Word(first) | Self::After(first, _) => match words.iter().position(|word| word == first) {
                Some(at) => at + 1,
                None => return,
            },
            _ => 0,
        };
        // a password is given once; what comes later may be another program's
        let mut words = words[from..].iter_mut();
        while let Some(word) = words.next() {
            // what is no text holds no option of these
            let Some(text) = word.to_str() else { continue };
            match self {
                Self::Word(_) if text.starts_with('-') => {}
                Self::Word(_) => return *word = MASK.into(),
                Self::Option(option) | Self::After(_, option) if text == *option => {
                    return words.next().into_iter().for_each(|value| *value = MASK.into());
                }
                Self::Option(option) | Self::After(_, option) | Self::Attached(option) => {
                    if text.strip_prefix(option).is_some_and(|value| !value.is_empty()) {
                        return *word = format!("{option}{MASK}").into();
                    }
                }
                Self::Behind(option, separator) => {
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
    fn each_program_is_told_its_password_in_its_own_way() {
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
