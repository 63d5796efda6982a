//! Warnings about variables that look like settings and are none, because a misspelled setting is silently without effect.

use std::collections::BTreeSet;

use autoheal_heal::compose::inert;
use clap::{Command, CommandFactory};

use super::Args;
use crate::child::{REPORTED, say};

/// Begin of the name of each setting.
const PREFIX: &str = "AUTOHEAL_";
/// Variables of the tests and benchmarks of this repository.
const OF_TESTS: [&str; 3] = ["AUTOHEAL_BENCH_", "AUTOHEAL_MUTATION_", "AUTOHEAL_TEST_"];
/// Longest name that a warning repeats, in characters.
const SHOWN_CHARS: usize = 80;
/// Most warnings; more variables are a program's own.
const MAX_WARNINGS: usize = 10;

/// Prints a line for each variable of the environment that begins as a setting and is none.
pub(crate) fn warn_of_unknown_variables() {
    unknown_variables().iter().for_each(|sentence| say(sentence));
}

/// A sentence for each variable of the environment that begins as a setting and is none.
pub(crate) fn unknown_variables() -> Vec<String> {
    let names = std::env::vars_os().map(|(name, _)| name.to_string_lossy().into_owned());
    let names: BTreeSet<String> = names.filter(|name| name.to_ascii_uppercase().starts_with(PREFIX)).collect();
    if names.is_empty() {
        return Vec::new();
    }
    let settings = settings();
    names.iter().filter_map(|name| sentence(name, &settings)).take(MAX_WARNINGS).collect()
}

/// The names of all variables that a command reads.
fn settings() -> BTreeSet<String> {
    fn of(command: &Command, names: &mut BTreeSet<String>) {
        let variables = command.get_arguments().filter_map(|arg| arg.get_env());
        names.extend(variables.map(|name| name.to_string_lossy().into_owned()));
        command.get_subcommands().for_each(|command| of(command, names));
    }
    let mut names = BTreeSet::from([REPORTED.to_owned()]);
    of(&Args::command(), &mut names);
    names
}

fn sentence(name: &str, settings: &BTreeSet<String>) -> Option<String> {
    if settings.contains(name) || OF_TESTS.iter().any(|prefix| name.starts_with(prefix)) {
        return None;
    }
    let shown: String = inert(name).chars().take(SHOWN_CHARS).collect();
    Some(match nearest(name, settings).as_slice() {
        [] => format!("{shown} is not a setting and has no effect; `autoheal serve --help` lists the settings"),
        meant => format!("{shown} is not a setting and has no effect; did you mean {}?", meant.join(" or ")),
    })
}

/// The settings with the most similar names.
fn nearest<'a>(name: &str, settings: &'a BTreeSet<String>) -> Vec<&'a str> {
    let wanted = name.to_ascii_uppercase();
    let rest = |name: &'a str| name.strip_prefix(PREFIX).unwrap_or(name);
    let wanted = wanted.strip_prefix(PREFIX).unwrap_or_default();
    let listed = settings.iter().map(String::as_str).filter(|name| *name != REPORTED);
    // one error in three characters
    let distances = listed.map(|name| (strsim::osa_distance(wanted, rest(name)), name));
    let similar = distances.filter(|(distance, name)| distance * 3 <= rest(name).len().min(wanted.len()));
    if let Some((_, name)) = similar.min() {
        return vec![name];
    }
    // a word in common, with or without the plural
    let word_of = |word: &str| word.trim_end_matches('S').to_owned();
    let words: Vec<String> = wanted.split('_').map(word_of).filter(|word| word.len() > 1).collect();
    let common = |name: &str| name.split('_').filter(|word| words.contains(&word_of(word))).count();
    let listed = settings.iter().map(String::as_str).filter(|name| *name != REPORTED);
    let scored: Vec<(usize, &str)> = listed.map(|name| (common(rest(name)), name)).collect();
    let best = scored.iter().map(|(common, _)| *common).max().unwrap_or(0);
    let with_best = scored.iter().filter(|(common, _)| *common == best && best > 0).map(|(_, name)| *name);
    let words_of = |name: &str| name.split('_').count();
    let fewest = with_best.clone().map(words_of).min();
    let named: Vec<&str> = with_best.filter(|name| Some(words_of(name)) == fewest).collect();
    if named.len() <= 3 { named } else { Vec::new() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_misspelled_setting_is_named_with_the_one_that_was_meant() {
        let settings = settings();
        for (name, meant) in [
            ("AUTOHEAL_TOKENS", "did you mean AUTOHEAL_AGENT_TOKEN or AUTOHEAL_OPERATOR_TOKEN?"),
            ("AUTOHEAL_OPERATOR_TOKENS", "did you mean AUTOHEAL_OPERATOR_TOKEN?"),
            ("AUTOHEAL_OPERATER_TOKEN", "did you mean AUTOHEAL_OPERATOR_TOKEN?"),
            ("AUTOHEAL_PROJECT_KEY", "did you mean AUTOHEAL_PROJECT_KEYS?"),
            ("AUTOHEAL_ISSUES", "did you mean AUTOHEAL_ISSUE?"),
            ("AUTOHEAL_RERPO", "did you mean AUTOHEAL_REPO?"),
            ("autoheal_url", "did you mean AUTOHEAL_URL?"),
            ("AUTOHEAL_ALLOWED_ORIGINS", "did you mean AUTOHEAL_ALLOW_ORIGIN?"),
            ("AUTOHEAL_STORE_PATH", "did you mean AUTOHEAL_STORE?"),
            ("AUTOHEAL_XYZZY", "`autoheal serve --help` lists the settings"),
            ("AUTOHEAL_", "`autoheal serve --help` lists the settings"),
        ] {
            let sentence = sentence(name, &settings).unwrap();
            assert!(sentence.starts_with(name) && sentence.ends_with(meant), "{sentence}");
        }
    }

    #[test]
    fn settings_and_variables_of_tests_are_known() {
        let settings = settings();
        for name in ["AUTOHEAL_REMOTE", "AUTOHEAL_RELEASE", "AUTOHEAL_LOG", "AUTOHEAL_BENCH_FIELD", REPORTED] {
            assert_eq!(sentence(name, &settings), None);
        }
    }
}
