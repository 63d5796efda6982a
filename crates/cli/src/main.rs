//! The binary `autoheal`: reads the command line, runs one command, ends with its exit code.

mod args;
mod explain;
mod serve;
mod settings;

use std::process::ExitCode;

use clap::{CommandFactory, Parser};

use crate::args::{Args, Command};

/// Records are made on one thread and dropped on another, which glibc's allocator pays for with locks.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let args = Args::parse();
    init_logging(args.log);
    let result = match args.command {
        Some(Command::Serve(options)) => serve::run(*options),
        Some(Command::Explain(options)) => explain::run(&options),
        None => {
            // clap's own way to do this is confused by a variable that is set.
            eprintln!("{}", Args::command().render_help());
            return ExitCode::from(2);
        }
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("autoheal: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Logs go to stderr; colours only where a person looks.
fn init_logging(level: tracing::Level) {
    use std::io::IsTerminal;
    let colours = std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .with_ansi(colours)
        .with_max_level(level)
        .with_target(false)
        .init();
}
