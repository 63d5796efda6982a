//! Tests of a table of every option with a value: what it accepts, and what it refuses with a sentence.

mod rows;

use std::collections::BTreeSet;

use super::*;
use rows::{ROWS, Row};

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
fn a_stray_line_end_is_no_part_of_a_value_or_refused_with_a_sentence() {
    for Row { commands, option, accepted, .. } in ROWS {
        for (command, value) in commands.iter().flat_map(|command| accepted.iter().map(move |value| (command, value))) {
            for value in ["\n", "\r\n", "\r"].map(|end| format!("{value}{end}")) {
                match parsed(command, option, &value) {
                    Ok(args) => {
                        let parsed = format!("{args:?}");
                        assert!(!parsed.contains("\\n") && !parsed.contains("\\r"), "{command} {option}: {parsed}");
                    }
                    Err(Refused::Value(sentence)) => assert!(!sentence.contains(char::is_control), "{sentence}"),
                    // looks like an option
                    Err(Refused::Usage(_)) if value.starts_with('-') => {}
                    Err(Refused::Usage(error)) => panic!("{command} {option} {value:?}: {error}"),
                }
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
