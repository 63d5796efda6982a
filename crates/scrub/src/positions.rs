//! Secrets that programs take as a word in a certain place, in a command whose words are known: `vault login …`, `htpasswd -b file
//! ada …`, `aws configure set aws_secret_access_key …`, `sqlplus ada/…@shop`.

use std::ops::Range;

use crate::key::names_secret;
use crate::program;
use crate::value::looks_like_password;

/// The place of a secret among the words after a subcommand.
enum Place {
    /// After this many words that are no options.
    After(usize),
    /// The last word that is no option.
    Last,
    /// The word after this one.
    Follows(&'static str),
    /// The two words after this one.
    BothFollow(&'static str),
    /// The part between the slash and the `@` of each word: `ada/…@shop`.
    Login,
    /// The part between the colon and the `@` of each word: `ada:…@host`.
    Address,
}

/// Programs, the words of their subcommand, and the place of the secret. From the programs' manuals.
static POSITIONS: &[(&[&str], &[&str], Place)] = &[
    (
        &["mysqlsh", "usql", "curlftpfs", "psexec.py", "smbexec.py", "wmiexec.py", "atexec.py", "dcomexec.py"],
        &[],
        Place::Address,
    ),
    (&["secretsdump.py", "smbclient.py", "mssqlclient.py", "GetNPUsers.py", "GetUserSPNs.py"], &[], Place::Address),
    (&["vault", "bao"], &["login"], Place::After(0)),
    (&["vault", "bao"], &["operator", "unseal"], Place::After(0)),
    (&["vault", "bao"], &["unwrap"], Place::After(0)),
    (&["vault", "bao"], &["token", "lookup"], Place::After(0)),
    (&["vault", "bao"], &["token", "renew"], Place::After(0)),
    (&["vault", "bao"], &["token", "revoke"], Place::After(0)),
    (&["cargo"], &["login"], Place::After(0)),
    (&["snyk"], &["auth"], Place::After(0)),
    (&["rclone"], &["obscure"], Place::After(0)),
    (&["ngrok"], &["add-authtoken"], Place::After(0)),
    (&["ngrok"], &["authtoken"], Place::After(0)),
    (&["wpa_passphrase"], &[], Place::After(1)),
    (&["samba-tool"], &["user", "create"], Place::After(1)),
    (&["samba-tool"], &["user", "add"], Place::After(1)),
    (&["rabbitmqctl"], &["add_user"], Place::After(1)),
    (&["rabbitmqctl"], &["change_password"], Place::After(1)),
    (&["rabbitmqctl"], &["authenticate_user"], Place::After(1)),
    (&["mc", "mcli"], &["alias", "set"], Place::After(3)),
    (&["mc", "mcli"], &["config", "host", "add"], Place::After(3)),
    (&["mc", "mcli"], &["admin", "user", "add"], Place::After(2)),
    (&["b2"], &["account", "authorize"], Place::After(1)),
    (&["b2"], &["authorize-account"], Place::After(1)),
    (&["b2"], &["authorize_account"], Place::After(1)),
    (&["bw"], &["login"], Place::After(1)),
    (&["bw"], &["unlock"], Place::After(0)),
    (&["isql", "iusql"], &[], Place::After(2)),
    (&["neo4j-admin"], &["set-initial-password"], Place::After(0)),
    (&["htpasswd", "mosquitto_passwd"], &["-b"], Place::Last),
    (&["kinit"], &["--password"], Place::After(0)),
    (&["db2"], &["user"], Place::Follows("using")),
    (&["nmcli"], &[], Place::Follows("password")),
    (&["wpa_cli"], &[], Place::Follows("psk")),
    (&["pdftk"], &[], Place::Follows("user_pw")),
    (&["pdftk"], &[], Place::Follows("owner_pw")),
    (&["pdftk"], &[], Place::Follows("input_pw")),
    (&["qpdf"], &[], Place::BothFollow("--encrypt")),
    (&["sendemail", "sendEmail"], &[], Place::Follows("-xp")),
    (&["swaks"], &[], Place::Follows("-ap")),
    (&["pdftotext", "pdftoppm", "pdftocairo", "pdfimages", "pdfinfo", "pdffonts"], &[], Place::Follows("-upw")),
    (&["pdftotext", "pdftoppm", "pdftocairo", "pdfimages", "pdfinfo", "pdffonts"], &[], Place::Follows("-opw")),
    (&["signtool", "certutil", "pvk2pfx"], &[], Place::Follows("/p")),
    (&["certutil", "pvk2pfx"], &[], Place::Follows("-p")),
    (&["gh"], &["secret", "set"], Place::Follows("--body")),
    (&["gh"], &["secret", "set"], Place::Follows("-b")),
    (&["glab"], &["variable", "set"], Place::Follows("--value")),
    (&["wmic"], &[], Place::Follows("/password")),
    (
        &["sqlplus", "sqlplusw", "sql", "rman", "expdp", "impdp", "exp", "imp", "sqlldr", "tkprof", "lsnrctl"],
        &[],
        Place::Login,
    ),
];

/// Words of a subcommand that stores a name and its value, each in a word of its own.
static SETTERS: [&str; 9] = ["set", "put", "config", "configure", "create", "update", "add", "modify", "user-secrets"];

/// The secrets among the words: the index of a word, and a part of it.
pub(crate) fn secrets(words: &[&str]) -> Vec<(usize, Range<usize>)> {
    let mut found = Vec::new();
    for (at, word) in words.iter().enumerate() {
        let name = word.rsplit(['/', '\\']).next().unwrap_or_default();
        let name = name.strip_suffix(".exe").unwrap_or(name);
        for (_, subcommand, place) in POSITIONS.iter().filter(|(programs, ..)| programs.contains(&name)) {
            let rest = words.get(at + 1..).unwrap_or_default();
            let after = after_subcommand(rest, subcommand).map(|from| at + 1 + from);
            after.into_iter().for_each(|from| add(words, from, place, &mut found));
        }
        if names_secret(word.as_bytes()) || is_dotted_name(words, at) {
            named(words, at, &mut found);
        }
        // `smbclient //host/share password`
        let is_share = name == "smbclient" && words.get(at + 1).is_some_and(|word| is_share(word));
        if is_share && let Some(password) = words.get(at + 2).filter(|word| is_value(word)) {
            found.push((at + 2, 0..password.len()));
        }
    }
    found
}

/// True for a program that takes a secret on its command line.
pub(crate) fn is_program(name: &str) -> bool {
    POSITIONS.iter().any(|(programs, ..)| programs.contains(&name)) || program::is_listed(name.as_bytes())
}

/// The index after the words of a subcommand, which stand in this order, with options between them.
fn after_subcommand(words: &[&str], subcommand: &[&str]) -> Option<usize> {
    let mut from = 0;
    for expected in subcommand {
        // `-b` may be one of several letters, as in `-nbB`
        let is_it = |word: &&str| match expected.strip_prefix('-').filter(|letter| letter.len() == 1) {
            Some(letter) => word.starts_with('-') && !word.starts_with("--") && word.contains(letter),
            None => word == expected,
        };
        from += words.get(from..)?.iter().position(is_it)? + 1;
    }
    Some(from)
}

fn add(words: &[&str], from: usize, place: &Place, found: &mut Vec<(usize, Range<usize>)>) {
    let rest = words.get(from..).unwrap_or_default();
    let arguments = || rest.iter().enumerate().filter(|(_, word)| !word.starts_with('-'));
    let whole = |found: &mut Vec<_>, index: usize| {
        let word = rest.get(index).filter(|word| is_value(word));
        found.extend(word.map(|word| (from + index, 0..word.len())));
    };
    match place {
        Place::After(skipped) => arguments().nth(*skipped).into_iter().for_each(|(index, _)| whole(found, index)),
        Place::Last => {
            // a user and a password at least
            let last = arguments().next_back().filter(|_| arguments().count() > 1);
            last.into_iter().for_each(|(index, _)| whole(found, index));
        }
        Place::Follows(name) | Place::BothFollow(name) => {
            let count = if matches!(place, Place::BothFollow(_)) { 2 } else { 1 };
            for (index, _) in rest.iter().enumerate().filter(|(_, word)| *word == name) {
                (index + 1..=index + count).for_each(|index| whole(found, index));
            }
        }
        Place::Login | Place::Address => {
            let part = if matches!(place, Place::Login) { login } else { address };
            for (index, word) in arguments() {
                found.extend(part(word).map(|range| (from + index, range)));
            }
        }
    }
}

/// The password of `ada/…@shop`, `ada/…` and `userid=ada/…`.
fn login(word: &str) -> Option<Range<usize>> {
    let start = word.find('/')? + 1;
    let user = word.get(..start - 1)?;
    let user = user.strip_prefix("userid=").unwrap_or(user).trim_matches('"');
    let end = word.get(start..)?.find('@').map_or(word.len(), |at| start + at);
    let is_user = !user.is_empty() && user.chars().all(|letter| letter.is_alphanumeric() || "_$#[]".contains(letter));
    let is_path = word.get(start..end)?.contains(['/', '.']) && !word.contains('@');
    (is_user && end > start && !is_path).then_some(start..end)
}

/// The password of `ada:…@host`.
fn address(word: &str) -> Option<Range<usize>> {
    let start = word.find(':').filter(|_| !word.contains("://"))? + 1;
    let end = word.rfind('@').filter(|end| *end > start)?;
    Some(start..end)
}

/// A value after a secret's name, both words of their own: `config set NAME VALUE`.
fn named(words: &[&str], at: usize, found: &mut Vec<(usize, Range<usize>)>) {
    let name = words.get(at).copied().unwrap_or_default();
    let before = words.get(1..at).unwrap_or_default();
    let is_stored = before.iter().any(|word| SETTERS.contains(word));
    // `create token NAME` has a kind before the name
    let is_name = name.contains(['_', '-', '.', ':', '/']) || before.last().is_some_and(|word| *word == "set");
    let is_option = name.starts_with('-') || name.contains(['=', ' ']);
    let value = words.get(at + 1).filter(|value| is_value(value) && looks_like_password(value.as_bytes()));
    if let Some(value) = value.filter(|_| is_stored && is_name && !is_option) {
        found.push((at + 1, 0..value.len()));
    }
}

/// True for a name such as `pypi-token.pypi`, whose first part names the secret and whose last part its place.
fn is_dotted_name(words: &[&str], at: usize) -> bool {
    let name = words.get(at).copied().unwrap_or_default();
    let is_config = at > 1 && words.get(at - 1).is_some_and(|word| *word == "config" || word.starts_with('-'));
    let is_secret = |part: &str| names_secret(part.as_bytes()) || part == "github-oauth" || part == "gitlab-oauth";
    is_config && name.split_once('.').is_some_and(|(first, _)| is_secret(first))
}

fn is_share(word: &str) -> bool {
    word.starts_with("//") || word.starts_with("\\\\")
}

/// True for a word that may be a secret: no option, no path, no assignment of something else.
fn is_value(word: &str) -> bool {
    let is_path = word.starts_with('/') || word.starts_with("./") || word.contains("://");
    let is_assignment = word.split_once('=').is_some_and(|(name, value)| !value.is_empty() && !name.is_empty());
    let is_variable = word.starts_with('$');
    word.len() >= 4 && !word.starts_with('-') && !is_path && !is_variable && (!is_assignment || word.ends_with("=="))
}
