//! `autoheal completions` and `autoheal man`: generate texts from the definition of the command line.

use std::io::{self, Write};

use anyhow::{Context, Result};
use clap::CommandFactory;
use clap_complete::Shell;
use clap_mangen::Man;

use crate::args::Args;

/// Prints the completion script for a shell.
pub(crate) fn completions(shell: Shell) -> Result<()> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Args::command(), "autoheal", &mut script);
    print(&script)
}

/// Prints the manual page of `autoheal`, or of one command.
pub(crate) fn manual(command: Option<&str>) -> Result<()> {
    // Examples come first in --help, but last in a manual page.
    let examples_last = |command: clap::Command| match command.get_before_help().map(ToString::to_string) {
        Some(examples) => command.before_help(None::<&str>).after_help(examples),
        None => command,
    };
    let mut all = Args::command();
    all.build();
    let page = match command {
        None => all,
        Some(name) => {
            let found = all.find_subcommand(name).filter(|found| !found.is_hide_set());
            found.with_context(|| format!("there is no command `{name}`; `autoheal --help` lists them"))?.clone()
        }
    };
    let mut text = Vec::new();
    Man::new(examples_last(page)).render(&mut text)?;
    print(&text)
}

/// Prints the text. A reader that stops early, such as `head -1`, is no error.
fn print(text: &[u8]) -> Result<()> {
    match io::stdout().write_all(text) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        result => Ok(result?),
    }
}
