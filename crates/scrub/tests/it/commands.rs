//! The commands of `tests/commands`: as words, within `sh -c`, and as a shell prints them before it runs them.

use autoheal_scrub::{KnownSecrets, masked_command, scrub};

const SECRETS: &str = include_str!("../../../../tests/commands/secrets.txt");
const HARMLESS: &str = include_str!("../../../../tests/commands/harmless.txt");
/// Passwords as people choose them, and a token.
const VALUES: [&str; 3] = ["Summer2026Pass", "swordfish7", "q7Zk2Wm9Xc4Vb1Nn8Lp3Rt6Ys5Hd0Gf"];

fn lines(set: &'static str) -> impl Iterator<Item = &'static str> {
    set.lines().filter(|line| !line.is_empty() && !line.starts_with('#'))
}

fn commands() -> impl Iterator<Item = &'static str> {
    lines(SECRETS).map(|line| line.splitn(3, " | ").nth(2).expect("kind, source and command"))
}

/// The words of a command, as a shell reads them.
fn words(command: &str) -> Vec<String> {
    let (mut words, mut word, mut quote) = (Vec::new(), None::<String>, None);
    for letter in command.chars() {
        match (quote, letter) {
            (Some(open), letter) if open == letter => quote = None,
            (None, '\'' | '"') => {
                quote = Some(letter);
                word.get_or_insert_default();
            }
            (None, ' ') => words.extend(word.take()),
            (_, letter) => word.get_or_insert_default().push(letter),
        }
    }
    words.extend(word);
    words
}

fn borrowed(words: &[String]) -> Vec<&str> {
    words.iter().map(String::as_str).collect()
}

/// What is left of a secret in the masked words, and in what a program says about it.
fn left(words: &[&str], value: &str) -> Option<String> {
    let shown = masked_command(words).join(" ");
    let said = format!("cannot log in with {value}");
    let masked = KnownSecrets::of(words, &[]).mask(&said).into_owned();
    let is_left = |text: &str| scrub(text).contains(value);
    (is_left(&shown) || is_left(&masked)).then(|| format!("{words:?}: {shown:?}, {masked:?}\n"))
}

#[test]
fn the_secrets_of_commands_are_masked_by_place_and_by_value() {
    let mut wrong = String::new();
    for (index, command) in commands().enumerate() {
        let value = if command.contains('¤') { VALUES[2] } else { VALUES[index % 3] };
        let command = command.replace(['§', '¤'], value);
        let direct = words(&command);
        wrong.extend(left(&borrowed(&direct), value));
        wrong.extend(left(&["sh", "-c", &command], value));
        wrong.extend(left(&["bash", "-lc", &format!("cd /srv/app && {command} >> log.txt 2>&1")], value));
        wrong.extend(left(&["ssh", "deploy@host", &format!("sudo {command}")], value));
        let trace = format!("+ cd /srv\n+ {command}\ncannot log in with {value}");
        let known = KnownSecrets::default().with_traces(&trace);
        if scrub(&known.mask(&trace)).contains(value) {
            wrong += &format!("trace {command:?}: {:?}\n", known.mask(&trace));
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn a_command_without_secrets_stays_as_it_is() {
    let mut wrong = String::new();
    for command in lines(HARMLESS) {
        let direct = words(command);
        for words in [borrowed(&direct), vec!["sh", "-c", command], vec!["bash", "-lc", command]] {
            let masked = masked_command(&words);
            if masked != words || scrub(&words.join(" ")) != words.join(" ") {
                wrong += &format!("{words:?} became {masked:?}\n");
            }
        }
        let traced = KnownSecrets::default().with_traces(&format!("+ {command}"));
        if traced.mask(command) != command {
            wrong += &format!("{command:?} became {:?}\n", traced.mask(command));
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn the_sets_of_commands_are_large_and_each_kind_has_two_sources() {
    assert!(commands().count() >= 100 && lines(HARMLESS).count() >= 60);
    for line in lines(SECRETS) {
        let parts = |line: &'static str| line.splitn(3, " | ").map(str::to_owned).collect::<Vec<_>>();
        let [kind, source] = [0, 1].map(|index| parts(line)[index].clone());
        let is_other = |other: &str| other.starts_with(&format!("{kind} | ")) && !other.contains(&source);
        assert!(lines(SECRETS).any(is_other), "{kind} has one source");
    }
}
