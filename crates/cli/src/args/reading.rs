//! Reading of the command line and its variables. A value that is refused becomes one sentence, which names the option
//! or the variable, the value, and what is accepted.

use std::ffi::{OsStr, OsString};
use std::process::ExitCode;

use autoheal_gateway::Origin;
use autoheal_heal::compose::inert;
use clap::builder::Resettable;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, ArgMatches, Command, CommandFactory, FromArgMatches};

use super::Args;
use super::values::{self, split_secrets};
use crate::child::refuse;

/// Variables of ipfs_accelerate, whose SDK autoheal replaces. Each is read if autoheal's own is not set.
const ALIASES: [(&str, &str); 4] = [
    ("AUTOHEAL_ISSUE", "IPFS_AUTO_ISSUE"),
    ("AUTOHEAL_PR", "IPFS_AUTO_PR"),
    ("AUTOHEAL_HEAL", "IPFS_AUTO_HEAL"),
    ("AUTOHEAL_REPO", "IPFS_REPO"),
];
/// Longest value that a sentence repeats, in characters.
const SHOWN_CHARS: usize = 200;

/// Parses the whole command line. Refuses a value with a sentence and an exit code. Other errors of the command line
/// are printed by clap, which ends the process.
pub(crate) fn parse() -> Result<Args, ExitCode> {
    let words: Vec<OsString> = std::env::args_os().collect();
    let parsed =
        read(Args::command(), &words).and_then(|matches| Args::from_arg_matches(&matches).map_err(Refused::Usage));
    parsed.map_err(|refused| match refused {
        Refused::Value(sentence) => refuse(&sentence, exit_code(&words)),
        Refused::Usage(error) => exit(error, &words),
    })
}

/// Lets clap print its error or help, and ends the process. clap repeats words and variables as they are, so it reads them
/// once more without the characters that control a terminal.
fn exit(error: clap::Error, words: &[OsString]) -> ExitCode {
    let is_shown = |text: &OsStr| text.to_str().is_some_and(|text| inert(text) == text);
    let hide = |arg: Arg| {
        let is_hidden = arg.get_env().and_then(std::env::var_os).is_some_and(|value| !is_shown(&value));
        if is_hidden { arg.hide_env_values(true) } else { arg }
    };
    let plain: Vec<OsString> = words.iter().map(|word| inert(&word.to_string_lossy()).into()).collect();
    if !error.use_stderr() || plain != words {
        let command = Args::command().mut_args(hide).mut_subcommands(|command| command.mut_args(hide));
        return match read(command, &plain) {
            Err(Refused::Usage(error)) => error.exit(),
            Err(Refused::Value(sentence)) => refuse(&sentence, exit_code(words)),
            Ok(_) => refuse("an argument has characters that a terminal does not show", exit_code(words)),
        };
    }
    error.exit()
}

/// Parses one command by its own definition. None if only the whole definition can parse the command line.
pub(crate) fn parse_alone<T: clap::Args>(name: &'static str) -> Option<T> {
    let words: Vec<OsString> = std::env::args_os().skip(1).collect();
    let matches = read(T::augment_args(Command::new(name)), &words).ok()?;
    T::from_arg_matches(&matches).ok()
}

/// 1, as for other refused settings. 2 for the wrappers, whose 1 is the exit code of many commands.
fn exit_code(words: &[OsString]) -> u8 {
    let is_wrapper = words.get(1).is_some_and(|word| word == "run" || word == "mcp");
    if is_wrapper { 2 } else { 1 }
}

/// Reason why a command line cannot be used.
enum Refused {
    /// A value, as a sentence.
    Value(String),
    /// Anything else, such as an unknown option.
    Usage(clap::Error),
}

fn read(command: Command, words: &[OsString]) -> Result<ArgMatches, Refused> {
    let mut command = with_variables(command);
    let matches = match command.try_get_matches_from_mut(words) {
        Ok(matches) => matches,
        Err(error) => return Err(refused(&mut command, error, words)),
    };
    let (of_command, values) = match matches.subcommand() {
        Some((name, values)) => (command.find_subcommand(name).unwrap_or(&command), values),
        None => (&command, &matches),
    };
    match of_command.get_arguments().find_map(|arg| list_problem(arg, values, words)) {
        Some(sentence) => Err(Refused::Value(sentence)),
        None => Ok(matches),
    }
}

/// The command, without the variables that are blank, because those count as unset.
fn with_variables(command: Command) -> Command {
    command.mut_args(with_variable).mut_subcommands(with_variables)
}

fn with_variable(arg: Arg) -> Arg {
    match arg.get_env().map(OsStr::to_owned) {
        Some(name) if is_blank(&name) => {
            let alias = ALIASES.iter().find(|(own, alias)| name == *own && !is_blank(OsStr::new(alias)));
            match alias {
                Some((_, alias)) => arg.env(alias),
                None => arg.env(Resettable::Reset),
            }
        }
        _ => arg,
    }
}

/// True for a variable that is not set, or set to blanks.
fn is_blank(name: &OsStr) -> bool {
    std::env::var_os(name).is_none_or(|value| value.to_str().is_some_and(|value| value.trim().is_empty()))
}

/// The sentence about a refused value, or the error itself.
fn refused(command: &mut Command, error: clap::Error, words: &[OsString]) -> Refused {
    // without this, the arguments of commands that were not parsed cannot be displayed
    command.build();
    let used = used_commands(command, words);
    let arguments = || used.iter().rev().flat_map(|used| used.get_arguments());
    if error.kind() == ErrorKind::InvalidUtf8 {
        let is_unreadable =
            |arg: &&Arg| arg.get_env().and_then(std::env::var_os).is_some_and(|it| it.to_str().is_none());
        let sentence = match arguments().find(is_unreadable) {
            Some(arg) => Some(format!("{}: the value is not UTF-8", named(arg, words))),
            None => unreadable_word(&arguments().collect::<Vec<_>>(), words),
        };
        return sentence.map_or(Refused::Usage(error), Refused::Value);
    }
    if error.kind() == ErrorKind::UnknownArgument {
        let sentence = misplaced_value(&arguments().collect::<Vec<_>>(), words);
        return sentence.map_or(Refused::Usage(error), Refused::Value);
    }
    let text = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => Some(text.as_str()),
        _ => None,
    };
    let (Some(wanted), Some(value)) = (text(ContextKind::InvalidArg), text(ContextKind::InvalidValue)) else {
        return Refused::Usage(error);
    };
    if !matches!(error.kind(), ErrorKind::InvalidValue | ErrorKind::ValueValidation) {
        return Refused::Usage(error);
    }
    let Some(arg) = arguments().find(|arg| arg.to_string() == wanted) else { return Refused::Usage(error) };
    let problem = match (std::error::Error::source(&error), error.get(ContextKind::ValidValue)) {
        (Some(problem), _) => problem.to_string(),
        (None, Some(ContextValue::Strings(valid))) if !valid.is_empty() => {
            format!("is not one of {}", valid.join(", "))
        }
        _ => "is empty; a value is needed".to_owned(),
    };
    let name = named(arg, words);
    Refused::Value(if arg.is_hide_env_values_set() {
        format!("{name}: {}{problem}", if problem.starts_with("is ") { "the value " } else { "" })
    } else {
        format!("{name}: `{}` {problem}", shown(value))
    })
}

/// The command with the subcommands that the words name.
fn used_commands<'a>(command: &'a Command, words: &[OsString]) -> Vec<&'a Command> {
    let mut used = vec![command];
    for word in words.iter().skip(1).take_while(|word| *word != "--") {
        let last = used.last().copied().unwrap_or(command);
        used.extend(last.find_subcommand(word));
    }
    used
}

/// The sentence about the first word that is not UTF-8. A secret is not shown.
fn unreadable_word(arguments: &[&Arg], words: &[OsString]) -> Option<String> {
    let at = words.iter().position(|word| word.to_str().is_none())?;
    let (text, before) = (words[at].to_string_lossy(), words[..at].last()?.to_string_lossy());
    let (name, value) = match text.split_once('=') {
        Some((name, value)) if name.starts_with("--") => (name, value),
        _ if before.starts_with("--") => (&*before, &*text),
        _ => ("an argument", &*text),
    };
    let is_secret = |arg: &&&Arg| arg.get_long() == name.strip_prefix("--") && arg.is_hide_env_values_set();
    Some(match arguments.iter().find(is_secret) {
        Some(_) => format!("{name}: the value is not UTF-8"),
        None => format!("{}: `{}` is not UTF-8", shown(name), shown(value)),
    })
}

/// The sentence about a value that clap took for something else: one that begins with `-`, as in `--retention -1d`, or one
/// of a switch, as in `--issue true`.
fn misplaced_value(arguments: &[&Arg], words: &[OsString]) -> Option<String> {
    let ours: Vec<&OsString> = words.iter().take_while(|word| *word != "--").collect();
    ours.windows(2).enumerate().find_map(|(at, pair)| {
        let (option, value) = (pair[0].to_str()?, pair[1].to_str()?);
        let long = option.strip_prefix("--")?;
        let arg = arguments.iter().find(|arg| arg.get_long() == Some(long) && arg.get_action().takes_values())?;
        if arg.is_require_equals_set() {
            let is_value = !value.starts_with('-') && values::switch(value).is_ok();
            return is_value.then(|| format!("{option}: write {option}={value}, with an equals sign before the value"));
        }
        let is_value = value.starts_with('-') && !value.starts_with("--") && value.len() > 1;
        let joined = is_value.then(|| OsString::from(format!("{option}={value}")))?;
        let joined = [&words[..at], &[joined], &words[at + 2..]].concat();
        match read(Args::command(), &joined) {
            Err(Refused::Value(sentence)) => Some(sentence),
            _ => None,
        }
    })
}

/// The option on the command line, else the variable that the value is from.
fn named(arg: &Arg, words: &[OsString]) -> String {
    let Some(long) = arg.get_long() else { return arg.to_string() };
    let option = format!("--{long}");
    let is_given = |word: &OsString| {
        let word = word.to_string_lossy();
        word.strip_prefix(&option).is_some_and(|rest| rest.is_empty() || rest.starts_with('='))
    };
    let is_from_words = words.iter().take_while(|word| *word != "--").any(is_given);
    let variable = arg.get_env().filter(|name| !is_from_words && !is_blank(name));
    variable.map_or(option, |name| name.to_string_lossy().into_owned())
}

/// A value for a sentence: without control characters and the user of a URL, and not too long.
pub(crate) fn shown(value: &str) -> String {
    let value = &without_user(value);
    let cut = value.char_indices().nth(SHOWN_CHARS).map_or(value.len(), |(at, _)| at);
    inert(&value[..cut]).replace('\n', "\\n") + if cut < value.len() { "…" } else { "" }
}

/// The text with the user and the password of a URL masked.
fn without_user(text: &str) -> String {
    match text.split_once("://").and_then(|(scheme, rest)| Some((scheme, rest.rsplit_once('@')?.1))) {
        Some((scheme, rest)) => format!("{scheme}://<secret>@{rest}"),
        None => text.to_owned(),
    }
}

/// The sentence about a list that names something twice, or `none` together with something else.
fn list_problem(arg: &Arg, matches: &ArgMatches, words: &[OsString]) -> Option<String> {
    let is_secret = arg.is_hide_env_values_set() && matches!(arg.get_action(), clap::ArgAction::Append);
    if arg.get_value_delimiter().is_none() && !is_secret {
        return None;
    }
    let raw = matches.get_raw(arg.get_id().as_str())?;
    let mut raw: Vec<String> = raw.map(|value| value.to_string_lossy().into_owned()).collect();
    if !is_secret && raw.len() > 1 {
        // a further comma may end the list; elsewhere a blank entry is a mistake
        raw.pop_if(|last| last.is_empty());
    }
    if !is_secret && raw.iter().any(String::is_empty) {
        let (name, all) = (named(arg, words), raw.join(","));
        return Some(match raw.len() {
            1 => format!("{name}: `` is empty; a value is needed"),
            _ => format!("{name}: `{}` has an empty entry; name a value beside each comma", shown(&all)),
        });
    }
    if is_secret {
        let secrets: Vec<&str> = raw.iter().flat_map(|value| split_secrets(value)).collect();
        return repeated(&secrets).map(|_| format!("{}: the same secret is named twice", named(arg, words)));
    }
    // The key of KEY=PROJECT, and the origin in the form of browsers.
    let key = |value: &String| {
        let value = value.trim();
        Origin::parse(value)
            .map_or_else(|| value.split('=').next().unwrap_or_default().to_owned(), |origin| origin.as_str().to_owned())
    };
    let keys: Vec<String> = raw.iter().map(key).collect();
    if let Some(twice) = repeated(&keys) {
        return Some(format!("{}: `{}` is named twice; name it once", named(arg, words), shown(twice)));
    }
    let has_none = keys.len() > 1 && keys.iter().any(|key| key == "none");
    has_none.then(|| format!("{}: `{}` names `none` and others; name either", named(arg, words), shown(&raw.join(","))))
}

/// The first value that is in the list before, too.
fn repeated<T: PartialEq>(values: &[T]) -> Option<&T> {
    (1..values.len()).find(|at| values[..*at].contains(&values[*at])).map(|at| &values[at])
}

#[cfg(test)]
mod tests;
