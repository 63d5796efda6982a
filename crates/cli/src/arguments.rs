//! The words of a command without secrets.

use std::borrow::Cow;
use std::ffi::{OsStr, OsString};

use autoheal_prepare::scrub::masked_command;
use autoheal_prepare::shell::shell_word;

/// The command as one line, quoted for a shell, with placeholders for secrets. A placeholder adds no quotes to a word.
#[must_use]
pub(crate) fn line_without_secrets(words: &[OsString]) -> String {
    let texts: Vec<Cow<'_, str>> = words.iter().map(|word| word.to_string_lossy()).collect();
    let masked = masked_command(&texts.iter().map(AsRef::as_ref).collect::<Vec<_>>());
    let word = |(word, masked): (&OsString, String)| {
        let quoted = shell_word(word);
        if quoted.starts_with('\'') { shell_word(OsStr::new(&masked)) } else { masked }
    };
    words.iter().zip(masked).map(word).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn masked(line: &str) -> String {
        let words: Vec<OsString> = line.split(' ').map(OsString::from).collect();
        line_without_secrets(&words)
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
            ("lftp -u me,hunter2 host", "lftp -u <credentials> host"),
            ("ldapsearch -x -w hunter2", "ldapsearch -x -w <secret>"),
            ("python -m app -p 80 -a x", "python -m app -p 80 -a x"),
            ("redis-cli -a", "redis-cli -a"),
        ] {
            assert_eq!(masked(line), expected);
        }
    }
}
