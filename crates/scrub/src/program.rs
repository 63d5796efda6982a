//! Short options by which programs take a password: `mysql -p…`, `redis-cli -a …`, also within a list of words.

use crate::SECRET;
use crate::assignment::replace_unless_placeholder;
use crate::found::Found;
use crate::input::Input;
use crate::set::{ALPHANUMERIC, BLANKS, QUOTES, Set};
use crate::value::{bare_end, quote_at, quoted_end};
use crate::words::{self, EXACT};

/// The letter of an option, the programs that take it with the password attached, and those that take it as a word of its
/// own. From the programs' manuals.
static OPTIONS: [(u8, &[u8], &[u8]); 13] = [
    (
        b'p',
        &words::list(
            b" mysql mysqldump mysqladmin mysqlimport mysqlcheck mysqlshow mysqlslap mysqlbinlog mysqlpump mariadb \
            mariadb-dump mariadb-admin mariadb-import mariadb-check mariadb-show mariadb-backup mariabackup mycli mysqlsh \
            mongo mongosh mongodump mongorestore sshpass 7z 7za 7zz 7zr rar unrar innobackupex xtrabackup winrs",
        ),
        &words::list(
            b" sshpass mongo mongosh mongodump mongorestore mongoexport mongoimport twine cqlsh evil-winrm clickhouse-client login \
            psexec rdesktop smbmap crackmapexec nxc netexec hydra useradd usermod unlock-keychain create-keychain altool \
            cypher-shell hdbsql cbbackupmgr cbq couchbase-cli rabbitmqadmin ncftp ncftpput ncftpget ncftpls supabase poetry yt-dlp \
            youtube-dl gallery-dl veracrypt medusa patator dsconf oathtool wmiexec",
        ),
    ),
    (b'a', &words::list(b" redis-cli"), &words::list(b" redis-cli redis-benchmark valkey-cli memtier_benchmark")),
    (
        b'P',
        &words::list(b" zip sqlcmd bcp"),
        &words::list(
            b" zip unzip sqlcmd bcp isql osql tsql bsqldb freebcp ipmitool mosquitto_pub mosquitto_sub mosquitto_rr ssh-keygen \
            knife zipcloak",
        ),
    ),
    (
        b'w',
        &words::list(b" ldapsearch"),
        &words::list(
            b" ldapsearch ldapadd ldapmodify ldapdelete ldapwhoami ldappasswd ldapcompare ldapmodrdn \
            add-generic-password add-internet-password ldapurl ldapexop vsql kadmin kadmin.local irssi",
        ),
    ),
    (b'U', SMB, SMB),
    (b'k', b"", &words::list(b" openssl nuget dotnet choco")),
    (b's', b"", &words::list(b" ldappasswd")),
    (b't', b"", &words::list(b" doctl vercel now")),
    (b'A', SNMP, SNMP),
    (b'X', SNMP, SNMP),
    (b'c', SNMP, SNMP),
    // `-hp…` also encrypts the names of files
    (b'h', &words::list(b" rar unrar"), b""),
    (b'N', &words::list(b" ssh-keygen"), &words::list(b" ssh-keygen")),
];
static SMB: &[u8] = &words::list(b" smbclient rpcclient smbget smbtree smbcacls smbspool net");
static SNMP: &[u8] = &words::list(
    b" snmpwalk snmpget snmpset snmpgetnext snmpbulkwalk snmpbulkget snmptable snmptrap snmpinform snmpstatus snmpdf \
    snmpnetstat snmpbulkwalk snmptranslate snmpusm",
);

/// The letter of an option that takes a user and a password, the sign between them, and the programs.
static LOGINS: [(u8, &[u8], &[u8]); 8] = [
    (b'U', b":", &words::list(b" curl")),
    // a certificate and its passphrase
    (b'E', b":", &words::list(b" curl")),
    (b'a', b":", &words::list(b" http https xh xhs hey oha")),
    (b'n', b":", &words::list(b" transmission-remote")),
    (b'c', b":", &words::list(b" ttyd gotty")),
    (b'u', b":", &words::list(b" cadaver nikto")),
    (b'A', b":", &words::list(b" ab")),
    (b'u', b",", &words::list(b" lftp")),
];

/// Checks the first dash of an option that takes a user and a password: `http -a ada:…`.
pub(crate) fn login(input: &Input<'_>, dash: usize) -> Option<Found> {
    let letter = input.at(dash + 1);
    let is_program =
        |(name, _, programs): &&(u8, &[u8], &[u8])| *name == letter && follows(input, dash, letter, programs);
    let (_, sign, _) = LOGINS.iter().find(is_program)?;
    let start = crate::flag::argument_start(input, dash + 2)?;
    let start = quote_at(input, start).map_or(start, |quote| quote.body);
    // after a comma, the next words may look like an assignment
    let end = if *sign == b"," { start + input.run(start, 256, &LOGIN) } else { bare_end(input, start, false) };
    let password = input.find(start, end, sign)? + 1;
    let is_login = password > start + 1 && password < end && input.at(password) != b'/';
    is_login.then(|| Found::new(start, end, crate::CREDENTIALS))
}

static LOGIN: Set = Set::of(b"\"'`|;<>\\").others();
static WORD: Set = ALPHANUMERIC.with(b"_-.").with_others();
/// Bytes that end a command.
static END: Set = Set::of(b"|;\n");
static BETWEEN: Set = Set::of(b" \t\"',[](){}/\\=:`$<>");

/// True for a program of the tables.
#[cfg(feature = "full")]
pub(crate) fn is_listed(name: &[u8]) -> bool {
    OPTIONS.iter().any(|(_, attached, spaced)| [attached, spaced].iter().any(|list| words::has(list, name, EXACT)))
        || LOGINS.iter().any(|(_, _, list)| words::has(list, name, EXACT))
}

/// Checks the first dash of an option with one letter.
pub(crate) fn option(input: &Input<'_>, dash: usize) -> Option<Found> {
    let letter = input.at(dash + 1);
    let (_, attached, spaced) = OPTIONS.iter().find(|(name, _, _)| *name == letter)?;
    let after = dash + if letter == b'h' { 3 } else { 2 };
    // `'-p', '…'` is a list of words; after `mysql -p"` the text around the command ends
    let is_listed = |_: &usize| BLANKS.has(input.at(after)) || QUOTES.has(input.before(dash));
    let argument = crate::flag::argument_start(input, after).filter(is_listed);
    let programs = if argument.is_some() { spaced } else { attached };
    let start = argument.unwrap_or(after);
    let (start, end) = match quote_at(input, start) {
        // the end of the text around the command, as in `"mysql -p"`
        Some(quote) if argument.is_none() && b"}],);: \n".contains(&input.at(quote.body)) => return None,
        Some(quote) => (quote.body, quoted_end(input, quote)),
        None => (start, bare_end(input, start, false)),
    };
    // `winrs -p:…`
    let start = if argument.is_none() && input.at(start) == b':' { start + 1 } else { start };
    let text = input.part(start, end);
    let is_value = !text.is_empty() && !text.starts_with(b"-") && (argument.is_some() || !text.starts_with(b"="));
    // a port after the wrong letter, `mysql -p3306`
    let is_port = argument.is_none() && text.starts_with(b"33") && matches!(text.len(), 4 | 5);
    let is_value = is_value && !(is_port && text.iter().all(u8::is_ascii_digit));
    // the communities that agents have by default
    let is_default = letter == b'c' && words::has(&words::list(b" public private"), text, EXACT);
    if !is_value || is_default || !follows(input, dash, letter, programs) {
        return None;
    }
    let start = if letter == b'U' { input.find(start, end, b"%")? + 1 } else { start };
    replace_unless_placeholder(input, start, end, SECRET)
}

/// True if the command before an option is one of the programs, and the first such option of it.
pub(crate) fn follows(input: &Input<'_>, dash: usize, letter: u8, programs: &[u8]) -> bool {
    /// Enough for the words before a password. The limit keeps the work linear.
    const MAX_BYTES: usize = 400;
    let floor = input.floor.max(dash.saturating_sub(MAX_BYTES));
    let mut end = dash;
    while end > floor {
        let start = input.run_start(end, MAX_BYTES, &WORD).max(floor);
        let word = input.part(start, end);
        let word = word.strip_suffix(b".exe").unwrap_or(word);
        if words::has(programs, word, EXACT) {
            return true;
        }
        if matches!(word, [b'-', name, ..] if *name == letter) {
            return false;
        }
        let gap = input.run_start(start, MAX_BYTES, &BETWEEN);
        if gap == start && (start == 0 || END.has(input.before(start)) || start == end) {
            return false;
        }
        end = if gap == start { start - 1 } else { gap };
    }
    false
}
