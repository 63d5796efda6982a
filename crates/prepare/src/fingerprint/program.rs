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

/// Programs that start what their first word names that is no option and no command of theirs: a package, an image, a
/// program.
const LAUNCHERS: [&str; 12] =
    ["npx", "uvx", "bunx", "pnpx", "pipx", "pnpm", "yarn", "uv", "npm", "docker", "podman", "env"];
/// Commands of the launchers.
const LAUNCHER_COMMANDS: [&str; 6] = ["run", "dlx", "exec", "x", "tool", "start"];
/// Options of the launchers whose value is the next word.
const LAUNCHER_OPTIONS: [&str; 27] = [
    "--with",
    "--python",
    "--directory",
    "--project",
    "--index-url",
    "--registry",
    "--prefix",
    "--cwd",
    "--env",
    "--volume",
    "--publish",
    "--name",
    "--network",
    "--mount",
    "--user",
    "--entrypoint",
    "--env-file",
    "--platform",
    "--label",
    "--memory",
    "--workdir",
    "-e",
    "-v",
    "-p",
    "-w",
    "-u",
    "-l",
];
/// Maximum number of words of a server's command that are read. Commands of containers have many options.
const MAX_SERVER_WORDS: usize = 64;

/// Returns the name of an MCP server by its command: the package or image that a launcher starts, else the program or script.
#[must_use]
pub fn server_name(command: &str) -> Option<String> {
    let mut words = words(command, MAX_SERVER_WORDS);
    let first = words.next()?.rsplit(['/', '\\']).next()?;
    while let Some(word) = words.next().filter(|_| LAUNCHERS.contains(&first)) {
        match word {
            _ if LAUNCHER_OPTIONS.contains(&word) => drop(words.next()),
            _ if word.starts_with('-') || word.contains('=') || LAUNCHER_COMMANDS.contains(&word) => {}
            _ if word.starts_with(['/', '.']) || INTERPRETERS.contains(&bare_name(word)) => {
                return of_words(&mut std::iter::once(word).chain(words));
            }
            _ => return Some(word.to_owned()),
        }
    }
    program_of(command)
}

/// Returns the name of the program of a report's command, without its directory. Of an interpreter it is the script's name.
pub(super) fn program(report: &ErrorReport) -> Option<String> {
    let is_program = matches!(report.source, Some(Source::Cli | Source::Rust));
    program_of(report.command.as_deref().filter(|_| is_program)?)
}

fn words(command: &str, limit: usize) -> impl Iterator<Item = &str> {
    command.split_whitespace().map(|word| word.trim_matches(['\'', '"'])).take(limit)
}

fn program_of(command: &str) -> Option<String> {
    of_words(&mut words(command, MAX_WORDS))
}

/// Returns the name of a program without its version.
fn bare_name(name: &str) -> &str {
    name.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.')
}

fn of_words(words: &mut dyn Iterator<Item = &str>) -> Option<String> {
    let name = words.next()?.rsplit(['/', '\\']).next()?;
    let plain = bare_name(name);
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
    #[test]
    fn a_server_is_named_by_what_its_launcher_starts() {
        for (command, expected) in [
            ("npx -y @acme/files@1.2 /srv", "@acme/files@1.2"),
            ("/usr/bin/uvx --with x mcp-server-git --repository .", "mcp-server-git"),
            ("uv run --directory /srv/shop server.py", "server.py"),
            ("uv run python -m shop.server", "shop.server"),
            ("pnpm dlx @acme/files", "@acme/files"),
            ("docker run -i --rm -e KEY -e URL=x -v /a:/b ghcr.io/acme/files:1 --all", "ghcr.io/acme/files:1"),
            ("env A=1 node dist/server.js", "server.js"),
            ("python3 /srv/server.py", "server.py"),
            ("/opt/shop/bin/shop-mcp --stdio", "shop-mcp"),
            ("npx", "npx"),
        ] {
            assert_eq!(server_name(command).as_deref(), Some(expected), "{command}");
        }
    }
}
