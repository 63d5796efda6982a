//! A table of every option with a value: what it accepts, and what it refuses with a sentence.

use std::collections::BTreeSet;

use super::*;

/// An option or a positional argument of some commands, and its values.
struct Row {
    commands: &'static [&'static str],
    option: &'static str,
    accepted: &'static [&'static str],
    refused: &'static [&'static str],
    /// Words about what is accepted, in the sentence of each refused value.
    hint: &'static str,
}

const fn row(
    commands: &'static [&'static str],
    option: &'static str,
    accepted: &'static [&'static str],
    refused: &'static [&'static str],
    hint: &'static str,
) -> Row {
    Row { commands, option, accepted, refused, hint }
}

const HEALING: &[&str] = &["serve", "explain"];
const SENDING: &[&str] = &["run", "mcp"];
const STORING: &[&str] = &["serve", "run", "mcp", "backup", "erase"];
const BOOLS: [&[&str]; 2] =
    [&["true", "false", "1", "0", "yes", "no", "YES", " true "], &["", " ", "maybe", "on", "2", "true,false", "truth"]];
const COUNTS: [&[&str]; 2] = [
    &["1", "3", "1000000000"],
    &["", " ", "0", "-1", "+1", "1.5", "1e3", "x", "0x10", "1000000001", "99999999999999999999", "1,2", "١"],
];
const LIMITS: [&[&str]; 2] = [&["0", "1", "1000000000"], &["", "-1", "+0", "off", "none", "1000000001", "1 2"]];
const ODD_URLS: [&str; 18] = [
    "",
    " ",
    "shop.example",
    "ftp://shop.example",
    "https://",
    "https:///a",
    "https://:80",
    "https://user:word@shop.example",
    "https://shop.example:99999",
    "https://shop.example:0",
    "https://shop.example:x",
    "https://shop.example:",
    "https://*.shop.example",
    "https://a..b",
    "https://shop example",
    "https://shop.example/#part",
    "javascript:alert(1)",
    "/path",
];

const ROWS: &[Row] = &[
    row(
        &[""],
        "--log",
        &["info", "WARN", "trace"],
        &["", "loud", "3", "info,debug", "off"],
        "error, warn, info, debug, trace",
    ),
    row(
        &["serve", "erase"],
        "--listen",
        &["127.0.0.1:8787", "[::1]:0", " 127.0.0.1:1 "],
        &[
            "",
            "localhost:8787",
            "shop.example:80",
            "127.0.0.1",
            ":8787",
            "8787",
            "127.0.0.1:99999",
            "::1:80",
            "127.1:80",
            "http://127.0.0.1:80",
        ],
        "127.0.0.1:8790",
    ),
    row(
        &["serve", "erase"],
        "--listen",
        &[],
        &["224.0.0.1:80", "239.255.255.250:1900", "255.255.255.255:80", "[ff02::1]:80", "[::ffff:224.0.0.1]:80"],
        "many machines",
    ),
    row(
        &["mcp"],
        "--http --listen",
        &["127.0.0.1:8787", "[::1]:0"],
        &["", "localhost:8787", "127.0.0.1", ":8787", "8787", "127.0.0.1:99999"],
        "127.0.0.1:8790",
    ),
    row(
        STORING,
        "--store",
        &["a.db", "/tmp/a.db", "sqlite:a.db", "sqlite:///tmp/a.db"],
        &[
            "",
            " ",
            "postgres://db",
            "sqlite:",
            "sqlite://",
            ":memory:",
            "sqlite::memory:",
            "file:a.db?mode=memory",
            "/",
            "/tmp",
            "a/",
        ],
        "SQLite file",
    ),
    row(
        &["serve"],
        "--store-limit",
        &["1MB", "500MB", "2GiB", "2 gib", "256TiB"],
        &["", "GiB", "1073741824", "2 elephants", "-1GB", "0", "1.5GB", "1GB 1GB"],
        "MB",
    ),
    row(&["serve"], "--store-limit", &[], &["1KB", "0GB", "999999B"], "the least is 1MB"),
    row(&["serve"], "--store-limit", &[], &["257TiB", "99999999999TB"], "the most is 256TiB"),
    row(
        &["serve"],
        "--source-map-memory",
        &["1MB", "64MiB", "2GiB"],
        &["", "GiB", "1073741824", "2 elephants", "-1GB", "0", "999KB"],
        "MB",
    ),
    row(
        STORING,
        "--store",
        &[],
        &["/dev/null", "a.db-wal", "a.db-shm", "sqlite:a.db-journal", "a.db.stop", "a.db.lock"],
        "SQLite file",
    ),
    row(&["serve"], "--source-map-memory", &[], &["2TiB", "257TiB"], "for memory; the most is 1TiB"),
    row(&["serve", "explain"], "--rules", &["rules.toml"], &[" "], "path"),
    row(
        &["serve"],
        "--retention",
        &["90d", "1h", "60m", "0", "0d", "off", "OFF", "36500d"],
        &["", "90", "soon", "-1d", "1.5d", "36501d", "99999999999999999d", "90d 1h", "1w", "never"],
        "0 or off",
    ),
    row(&["serve"], "--retention", &[], &["1ms", "59m", "3599s"], "a time from 1h to 36500d"),
    row(
        &["serve"],
        "--max-connections",
        &["1", "1024", "1000000"],
        &["", "0", "-1", "1000001", "many", "1.0"],
        "from 1 to 1000000",
    ),
    row(&["serve"], "--rate-limit", LIMITS[0], LIMITS[1], "from 0 to"),
    row(&["serve"], "--new-groups", LIMITS[0], LIMITS[1], "from 0 to"),
    row(&["run", "mcp"], "--remote", BOOLS[0], BOOLS[1], "neither true, 1, yes nor false, 0, no"),
    row(&["serve", "mcp"], "--trust-proxy", BOOLS[0], BOOLS[1], "neither true, 1, yes nor false, 0, no"),
    row(
        &["serve"],
        "--public-url",
        &["https://errors.example", "https://errors.example/", "http://a:8080"],
        &ODD_URLS,
        "https://shop.example",
    ),
    row(
        &["serve"],
        "--public-url",
        &["http://[::1]:8787"],
        &["http://a/b", "https://a?b", "https://a/?b", "https://a,https://b", "null", "*", "https://me@a"],
        "without a path",
    ),
    row(
        &["serve"],
        "--public-url",
        &[],
        &["http://0.0.0.0:8787", "http://[::]:8787", "https://224.0.0.1", "http://255.255.255.255"],
        "name the one that browsers use",
    ),
    row(
        &["serve"],
        "--allow-origin",
        &["https://a", "https://a,http://a", "https://a:8443, https://b/"],
        &ODD_URLS,
        "https://shop.example",
    ),
    row(
        &["serve"],
        "--allow-origin",
        &[],
        &["https://a/b", "https://a,", ",https://a", "https://a,,https://b", "null", "*"],
        "not an origin",
    ),
    row(
        &["serve"],
        "--allow-origin",
        &[],
        &["https://a,https://a", "https://a,https://A/", "https://a,https://a:443"],
        "named twice",
    ),
    row(
        &["mcp"],
        "--http --allow-origin",
        &["https://a", "https://a,https://b"],
        &["", "https://a/b", "https://a,", "null", "*", "https://a,b"],
        "not an origin",
    ),
    row(&["mcp"], "--http --allow-origin", &[], &["https://a,https://a", "https://a, https://A:443"], "named twice"),
    row(
        &["serve"],
        "--project-key",
        &["pk-1=shop", "a=shop,b=shop", "a=b, c=d"],
        &["", "shop", "=shop", "a=", "a=b=c", "a b=c", "a=b,", "ä=b", "a=b;c=d"],
        "KEY=PROJECT",
    ),
    row(&["serve"], "--project-key", &[], &["a=shop,a=blog", "a=shop,a=shop", "a=shop, a=blog"], "named twice"),
    row(
        &["serve"],
        "--sender-key",
        &["made-up-long-enough-secret", "made-up-long-enough-one, made-up-long-enough-two"],
        &["", " ", ",", " , ,", "\t"],
        "holds no secret",
    ),
    row(&["serve"], "--sender-key", &[], &["short", "made-up-long-enough-one,short"], "at least 16"),
    row(&["serve"], "--sender-key", &[], &["made-up-länger-als-nötig", "made-up-long-enough\u{7f}"], "printable ASCII"),
    row(&["serve"], "--sender-key", &[], &["made-up-long-enough-one,made-up-long-enough-one"], "named twice"),
    row(
        &["serve"],
        "--operator-token",
        &["made-up-long-enough-secret", "made-up-long-enough-one made-up-long-enough-two"],
        &["", " ", ",", " , ,"],
        "holds no secret",
    ),
    row(&["serve"], "--operator-token", &[], &["short", "made-up-long-enough-one,short"], "at least 16"),
    row(&["serve"], "--operator-token", &[], &["made-up-long-enough-one made-up-long-enough-one"], "named twice"),
    row(&["erase"], "--operator-token", &["made-up-1", "made-up-1,made-up-2"], &["", " ", ","], "holds no secret"),
    row(SENDING, "--key", &["made-up-1", "made-up-1,made-up-2"], &["", " ", ","], "holds no secret"),
    row(SENDING, "--key", &[], &["made-up-schlüssel", "a\u{1}b"], "printable ASCII"),
    row(&["serve"], "--agent-token", &["made-up-1"], &["", " ", ","], "holds no secret"),
    row(
        &["serve"],
        "--upstream",
        &["http://127.0.0.1:9000/mcp?a=b", "https://shop.example"],
        &ODD_URLS,
        "http://127.0.0.1:9000/mcp",
    ),
    row(&["serve"], "--static", &["/tmp", "."], &["/nonexistent/directory", "/etc/passwd", " "], "not a directory"),
    row(&["serve"], "--static", &[], &["/", "/tmp/.."], "would be public"),
    row(&["serve"], "--static", &[], &[""], "a value is needed"),
    row(
        &["serve", "run", "mcp", "explain"],
        "--scrub",
        &["standard", "strict"],
        &["all", "none", "Strict!", "standard,strict"],
        "standard, strict",
    ),
    row(
        SENDING,
        "--source-code",
        &["matching", "always", "never"],
        &["all", "none", "true", "Never!", "matching,always"],
        "matching, always, never",
    ),
    row(
        &["serve"],
        "--spool-interval",
        &["10ms", "1m"],
        &["", "0", "0s", "1ms", "1", "2d", "soon"],
        "a time from 10ms to 1d",
    ),
    row(HEALING, "--issue", BOOLS[0], BOOLS[1], "neither true, 1, yes nor false, 0, no"),
    row(HEALING, "--pr", BOOLS[0], BOOLS[1], "neither true, 1, yes nor false, 0, no"),
    row(HEALING, "--heal", BOOLS[0], BOOLS[1], "neither true, 1, yes nor false, 0, no"),
    row(HEALING, "--caller-errors", BOOLS[0], BOOLS[1], "neither true, 1, yes nor false, 0, no"),
    row(
        HEALING,
        "--repo",
        &["acme/shop", "acme/shop,blog=acme/blog", "acme_x/.github"],
        &[
            "",
            " ",
            "shop",
            "a/b/c",
            "/shop",
            "acme/",
            "acme/shop/",
            "acme shop/x",
            "acme/..",
            "acme/shop,",
            ",acme/shop",
            "https://github.com/acme/shop",
            "acme/shop.git",
            "=acme/shop",
            "a b=acme/shop",
            "a=b=acme/shop",
            "acme/shop#1",
            "acme/shöp",
            "-acme/shop",
            "acme-/shop",
            ".acme/shop",
        ],
        "neither owner/name nor PROJECT=owner/name",
    ),
    row(HEALING, "--repo", &[], &["acme/shop,acme/blog", "a=acme/shop,a=acme/blog"], "a project has one"),
    row(HEALING, "--repo", &[], &["acme/shop,blog=Acme/Shop"], "give each its own"),
    row(
        HEALING,
        "--agent",
        &["copilot", "Copilot", "ada", "ada-lovelace", "ada_acme", "helper[bot]"],
        &[
            "",
            " ",
            "@ada",
            "-ada",
            "ada-",
            "ada lovelace",
            "ada/shop",
            "a,b",
            "[bot]",
            "ädä",
            "a123456789b123456789c123456789d123456789",
        ],
        "copilot nor a login",
    ),
    row(
        HEALING,
        "--trust",
        &["none", "run", "run,mcp", "run, browser"],
        &["", " ", "everybody", "Run", "run,", ",run", "run;mcp", "all"],
        "run, mcp, browser, none",
    ),
    row(HEALING, "--trust", &[], &["run,none", "none,run", "none,mcp,browser"], "name either"),
    row(HEALING, "--trust", &[], &["run,run", "run,mcp, run", "none,none"], "named twice"),
    row(
        HEALING,
        "--issue-text",
        &["full", "after-approval"],
        &["none", "full,after-approval", "after"],
        "full, after-approval",
    ),
    row(HEALING, "--min-occurrences", COUNTS[0], COUNTS[1], "from 1 to"),
    row(HEALING, "--caller-error-clients", COUNTS[0], COUNTS[1], "from 1 to"),
    row(HEALING, "--issues-per-hour", COUNTS[0], COUNTS[1], "from 1 to"),
    row(HEALING, "--hand-overs-per-day", COUNTS[0], COUNTS[1], "from 1 to"),
    row(HEALING, "--open-hand-overs", COUNTS[0], COUNTS[1], "from 1 to"),
    row(
        HEALING,
        "--bundle-interval",
        &["1s", "15m", "30d"],
        &["", " ", "0", "0s", "1ms", "999ms", "15", "m", "-1m", "1.5h", "31d", "99999999999999999d", "1h30m"],
        "a time from 1s to 30d",
    ),
    row(
        &["serve"],
        "--poll-interval",
        &["100ms", "30s", "1d"],
        &["", "0s", "0ms", "1ms", "99ms", "30", "25h", "1 s"],
        "a time from 100ms to 1d",
    ),
    row(&["serve"], "--write-pace", &["0s", "1ms", "1h"], &["", "1", "61m", "fast"], "a time from 0s to 1h"),
    row(&["serve"], "--lag-bound", &["0s", "2m"], &["", "1", "61m"], "a time from 0s to 1h"),
    row(
        &["serve"],
        "--github-url",
        &[
            "https://api.github.com",
            "https://github.example/api/v3/",
            "http://127.0.0.1:9",
            "http://[::1]:9",
            "http://LocalHost",
        ],
        &ODD_URLS,
        "http:// or https:// URL",
    ),
    row(
        &["serve"],
        "--github-url",
        &[],
        &["https://github.com", "https://GitHub.com/acme/shop", "https://www.github.com/"],
        "https://api.github.com",
    ),
    row(
        &["serve"],
        "--github-url",
        &[],
        &[
            "http://api.github.com",
            "http://github.example/api/v3",
            "HTTP://127.0.0.1.example",
            "http://192.168.1.9:8080",
        ],
        "clear text; use https://",
    ),
    row(
        SENDING,
        "--url",
        &["https://errors.example", "http://127.0.0.1:9/autoheal/"],
        &ODD_URLS,
        "http:// or https:// URL",
    ),
    row(SENDING, "--url", &[], &["https://errors.example?key=a", "https://a,https://b"], "http:// or https:// URL"),
    row(
        &["run", "mcp", "erase"],
        "--project",
        &["shop", "a.b-c_1"],
        &["", " ", "a b", "a/b", "a=b", "ä", "a,b"],
        "1 to 100 letters",
    ),
    row(
        &["run"],
        "--ok",
        &["1", "1,2", "0", "255"],
        &["", "256", "-1", "x", "1,", ",1", "1;2", "1.0"],
        "a number from 0 to 255",
    ),
    row(&["run"], "--ok", &[], &["1,1", "1,2, 1"], "named twice"),
    row(
        &["mcp"],
        "--timeout",
        &["0s", "2m", "200ms", "36500d"],
        &["", "0", "2", "36501d", "-2m", "ever", "1ms", "99ms"],
        "or 0s for no limit",
    ),
    row(&["mcp"], "--handshake", &["0s", "60s"], &["", "0", "2", "36501d", "1ms"], "or 0s for no limit"),
    row(&["explain"], "--output", &["-", "a.txt"], &[" "], "no path"),
    row(&["explain"], "--output", &[], &[""], "a value is needed"),
    row(&["explain"], "--output - --exit", &["0", "255"], &["", "256", "-1", "x"], "a number from 0 to 255"),
    row(&["explain"], "FILE", &["-", "a.json"], &[" "], "no path"),
    row(&["backup"], "FILE", &["a.db"], &[" "], "no path"),
    row(
        &["erase"],
        "FINGERPRINT",
        &["0123456789abcdef0123456789abcdef"],
        &["", " ", "0123", "x123456789abcdef0123456789abcdef"],
        "32 hexadecimal digits",
    ),
    row(&["erase"], "--client", &["0123456789abcdef"], &["", "0123", "x123456789abcdef"], "16 hexadecimal digits"),
    row(
        &["sourcemaps upload"],
        "--url",
        &["https://errors.example", "http://127.0.0.1:8787"],
        &ODD_URLS,
        "http:// or https:// URL",
    ),
    row(&["sourcemaps upload"], "--release", &["1.4.2", "a b"], &["", " ", "a\nb"], "a version or a commit"),
    row(
        &["sourcemaps upload"],
        "--url-prefix",
        &["~/", "~/shop/", "https://cdn.example/shop/"],
        &["", "x", "ftp://a", "https://a?b"],
        "begins with ~/",
    ),
    row(&["completions"], "SHELL", &["bash", "zsh", "fish"], &["csh", "Bash!"], "bash, elvish, fish"),
];

/// Words that a command needs besides the option.
fn rest(command: &str, option: &str) -> &'static [&'static str] {
    match (command, option) {
        ("run" | "mcp", _) => &["--", "x"],
        ("backup", "FILE") => &[],
        ("backup", _) => &["a.db"],
        ("sourcemaps upload", "--release") => &["dist"],
        ("sourcemaps upload", _) => &["dist", "--release", "1"],
        ("erase", "FINGERPRINT" | "--client") => &[],
        ("erase", _) => &["0123456789abcdef0123456789abcdef"],
        _ => &[],
    }
}

/// Parses the option with this value.
fn parsed(command: &str, option: &str, value: &str) -> Result<Args, Refused> {
    let mut words = vec!["autoheal"];
    words.extend(command.split(' ').filter(|word| !word.is_empty()));
    let mut options: Vec<&str> = option.split(' ').collect();
    let last = options.pop().unwrap_or_default();
    words.extend(options);
    let with_value = if last.starts_with("--") { format!("{last}={value}") } else { value.to_owned() };
    words.push(&with_value);
    words.extend(rest(command, last));
    let words: Vec<OsString> = words.into_iter().map(OsString::from).collect();
    let matches = read(Args::command(), &words)?;
    Args::from_arg_matches(&matches).map_err(Refused::Usage)
}

#[test]
fn accepted_values_are_parsed_and_others_refused_with_a_sentence() {
    for Row { commands, option, accepted, refused, hint } in ROWS {
        for command in *commands {
            for value in *accepted {
                match parsed(command, option, value) {
                    Ok(_) => {}
                    Err(Refused::Value(sentence)) => panic!("{command} {option} `{value}`: {sentence}"),
                    Err(Refused::Usage(error)) => panic!("{command} {option} `{value}`: {error}"),
                }
            }
            for value in *refused {
                let sentence = match parsed(command, option, value) {
                    Ok(_) => panic!("{command} {option} accepts `{value}`"),
                    Err(Refused::Value(sentence)) => sentence,
                    Err(Refused::Usage(error)) => panic!("{command} {option} `{value}`: {error}"),
                };
                let name = option.split(' ').next_back().unwrap_or_default();
                assert!(
                    sentence.trim_matches(['<', '[']).starts_with(name),
                    "{command} {option} `{value}`: {sentence}"
                );
                assert!(sentence.contains(hint), "{command} {option} `{value}`: {sentence}");
                let is_secret = ["--sender-key", "--operator-token", "--key", "--agent-token"].contains(&name);
                let shows_value = value.split(',').any(|part| part.len() > 2 && sentence.contains(part.trim()));
                assert!(!(is_secret && shows_value), "{command} {option} shows the secret: {sentence}");
                assert!(is_secret || sentence.contains("is empty") || sentence.contains(": `"), "{sentence}");
                assert!(!sentence.contains(char::is_control), "{sentence}");
            }
        }
    }
}

#[test]
fn the_table_has_every_option_with_a_value_of_every_command() {
    let mut missing = BTreeSet::new();
    let definition = Args::command();
    let commands = definition.get_subcommands().map(|command| (command.get_name(), command)).chain([("", &definition)]);
    for (name, command) in commands {
        let with_values = command.get_arguments().filter(|arg| arg.get_action().takes_values());
        // the wrapped command, and the name of a page
        for arg in with_values.filter(|arg| !["command", "help", "version"].contains(&arg.get_id().as_str())) {
            let option = match arg.get_long() {
                Some(long) => format!("--{long}"),
                None => {
                    arg.get_value_names().and_then(|names| names.first()).map_or(String::new(), ToString::to_string)
                }
            };
            let is_named =
                |row: &Row| row.commands.contains(&name) && row.option.split(' ').next_back() == Some(option.as_str());
            if !ROWS.iter().any(is_named) {
                missing.insert(format!("{name} {option}"));
            }
        }
    }
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn a_hostile_value_is_shown_without_control_characters_and_cut() {
    let value = format!("\u{1b}[31m\n{}", "x".repeat(5_000));
    let Err(Refused::Value(sentence)) = parsed("serve", "--agent", &value) else { panic!("it is refused") };
    assert!(!sentence.contains(char::is_control) && sentence.chars().count() < 400, "{sentence}");
}

#[test]
fn an_option_after_the_wrapped_command_is_not_ours() {
    let words = ["autoheal", "run", "--", "x", "--url", "y"].map(OsString::from);
    assert!(read(Args::command(), &words).is_ok());
}

#[test]
fn an_option_without_its_value_is_refused() {
    for option in ["--agent", "--listen", "--trust"] {
        let words = ["autoheal", "serve", option].map(OsString::from);
        let Err(Refused::Value(sentence)) = read(Args::command(), &words) else { panic!("{option} needs a value") };
        assert!(sentence.starts_with(option), "{sentence}");
    }
}

#[test]
fn repeated_options_are_one_list() {
    let read = |words: &[&str]| read(Args::command(), &words.iter().map(OsString::from).collect::<Vec<_>>());
    assert!(read(&["autoheal", "serve", "--trust", "run", "--trust", "mcp"]).is_ok());
    let twice = read(&["autoheal", "serve", "--allow-origin", "https://a", "--allow-origin", "https://a"]);
    assert!(matches!(twice, Err(Refused::Value(sentence)) if sentence.contains("named twice")));
}

/// The sentence about a command line that is refused.
#[track_caller]
fn refusal(words: &[&[u8]]) -> String {
    use std::os::unix::ffi::OsStrExt;
    let words: Vec<OsString> = words.iter().map(|word| OsStr::from_bytes(word).to_owned()).collect();
    match read(Args::command(), &words) {
        Err(Refused::Value(sentence)) => sentence,
        Err(Refused::Usage(error)) => panic!("{error}"),
        Ok(_) => panic!("{words:?} is accepted"),
    }
}

#[test]
fn a_value_that_looks_like_an_option_and_one_of_a_switch_are_named_with_their_option() {
    let words: [(&[&[u8]], &str); 6] = [
        (&[b"autoheal", b"serve", b"--rate-limit", b"-5"], "--rate-limit: `-5` is not a whole number"),
        (&[b"autoheal", b"serve", b"--retention", b"-1d"], "--retention: `-1d` is not a time"),
        (&[b"autoheal", b"mcp", b"--timeout", b"-5s", b"--", b"x"], "--timeout: `-5s` is not a time"),
        (&[b"autoheal", b"run", b"--ok", b"-1", b"--", b"x"], "--ok: `-1` is not an exit code"),
        (&[b"autoheal", b"serve", b"--issue", b"true"], "--issue: write --issue=true"),
        (&[b"autoheal", b"serve", b"--heal", b"--issue", b"no"], "--issue: write --issue=no"),
    ];
    for (words, begin) in words {
        let sentence = refusal(words);
        assert!(sentence.starts_with(begin), "{sentence}");
    }
}

#[test]
fn a_word_that_is_not_utf_8_is_named_with_its_option() {
    let upload: [&[u8]; 4] = [b"autoheal", b"sourcemaps", b"upload", b"dist"];
    for last in [&[&b"--release"[..], b"a\xff"][..], &[b"--release=a\xff"]] {
        let sentence = refusal(&[&upload[..], last].concat());
        assert_eq!(sentence, "--release: `a\u{fffd}` is not UTF-8");
    }
    for secret in [&[&b"--key"[..], b"made-up\xff"][..], &[b"--key=made-up\xff"]] {
        let sentence = refusal(&[&[&b"autoheal"[..], b"run"], secret, &[b"--", b"x"]].concat());
        assert_eq!(sentence, "--key: the value is not UTF-8");
    }
}

#[test]
fn the_password_in_a_url_is_not_shown() {
    for (option, url) in [("--upstream", "https://me:made-up@shop.example/"), ("--url", "https://made-up@a,b")] {
        let command = if option == "--url" { "run" } else { "serve" };
        let Err(Refused::Value(sentence)) = parsed(command, option, url) else { panic!("{url} is refused") };
        assert!(sentence.contains("https://<secret>@") && !sentence.contains("made-up"), "{sentence}");
    }
}
