//! The program of a failed command, by which failures without frames are told apart.

use autoheal_contract::{ErrorReport, Source};

use super::place::place;

/// Programs that run the script named after them.
const INTERPRETERS: [&str; 15] = [
    "python", "node", "bun", "deno", "ruby", "perl", "php", "bash", "sh", "dash", "zsh", "java", "lua", "tclsh",
    "Rscript",
];

/// Maximum number of words of a command that are searched for a script.
const MAX_WORDS: usize = 12;

/// Returns the name of the program of a report's command, without its directory. Of an interpreter it is the script's name.
pub(super) fn program(report: &ErrorReport) -> Option<String> {
    let is_program = matches!(report.source, Some(Source::Cli | Source::Rust));
    let command = report.command.as_deref().filter(|_| is_program)?;
    let mut words = command.split_whitespace().map(|word| word.trim_matches(['\'', '"'])).take(MAX_WORDS);
    let name = words.next()?.rsplit(['/', '\\']).next()?;
    let plain = name.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
    let script = INTERPRETERS.contains(&plain).then(|| script(plain, words)).flatten();
    Some(script.unwrap_or_else(|| name.to_owned()))
}

/// Returns the script among an interpreter's words; none if the program is in the command itself.
fn script<'a>(interpreter: &str, words: impl Iterator<Item = &'a str>) -> Option<String> {
    let mut is_module = false;
    let is_shell = interpreter.ends_with("sh");
    for word in words {
        match word {
            "-c" | "--eval" | "--print" | "eval" => return None,
            "-e" | "-p" if !is_shell => return None,
            "-m" => is_module = true,
            "run" | "test" if matches!(interpreter, "bun" | "deno") => {}
            _ if word.starts_with('-') => {}
            _ if is_module => return Some(word.to_owned()),
            _ => return Some(place(word)),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_an_interpreter_the_script_counts() {
        for (command, expected) in [
            ("make all", "make"),
            ("/usr/bin/git push", "git"),
            ("python3.11 -u /srv/shop/sync.py --all", "sync.py"),
            ("python3 -m shop.sync 7", "shop.sync"),
            ("python3 -c 'import shop'", "python3"),
            ("node --import ./a.mjs", "a.mjs"),
            ("node /srv/app/dist/server.js", "server.js"),
            ("deno run -A sync.ts 7", "sync.ts"),
            ("bun test", "bun"),
            ("bash -e ./deploy.sh", "deploy.sh"),
            ("sh -c './a; ./b'", "sh"),
            ("java -jar /opt/shop/shop.jar", "shop.jar"),
            ("node", "node"),
        ] {
            let report =
                |source| ErrorReport { command: Some(command.into()), source: Some(source), ..ErrorReport::default() };
            assert_eq!(program(&report(Source::Cli)).as_deref(), Some(expected), "{command}");
            assert_eq!(program(&report(Source::JavascriptSdk)), None);
        }
    }
}
