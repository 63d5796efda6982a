//! `autoheal completions` and `autoheal man`: what the definition of the command line is good for besides parsing it.

use std::io::{self, Write};

use anyhow::{Context, Result};
use clap::CommandFactory;
use clap_complete::Shell;
use clap_mangen::Man;

use crate::args::Args;

/// Prints the completions for a shell.
pub(crate) fn completions(shell: Shell) -> Result<()> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Args::command(), "autoheal", &mut script);
    print(&script)
}

/// Prints the manual page of everything, or of one command.
pub(crate) fn manual(command: Option<&str>) -> Result<()> {
    // The examples stand first in --help; a manual page has them at its end.
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

/// Whoever reads us may have seen enough (`| head -1`).
fn print(text: &[u8]) -> Result<()> {
    match io::stdout().write_all(text) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        result => Ok(result?),
    }
}
