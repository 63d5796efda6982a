//! The binary `autoheal`: reads the command line, runs one command, ends with its exit code.

mod args;
mod arguments;
mod child;
mod definitions;
mod explain;
mod gateway;
mod mcp;
mod run;
mod serve;
mod settings;

use std::ffi::OsStr;
use std::process::ExitCode;

use clap::{CommandFactory, Parser};

use crate::args::{Args, Command, McpArgs};

/// Records are made on one thread and dropped on another, which glibc's allocator pays for with locks.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    // a wrapped command should not wait for the definitions of everything else
    match std::env::args_os().nth(1).as_deref().and_then(OsStr::to_str) {
        Some("run") => {
            if let Some(options) = alone("autoheal run") {
                return run::run(options);
            }
        }
        Some("mcp") => {
            if let Some(options) = alone::<McpArgs>("autoheal mcp")
                && !options.http.http
            {
                return mcp::run(options);
            }
        }
        _ => {}
    }
    let args = Args::parse();
    let result = match args.command {
        // the command's own output, and nothing of ours in it
        Some(Command::Run(options)) => return run::run(*options),
        Some(Command::Mcp(options)) if options.http.http => {
            init_logging(args.log);
            gateway::run(*options)
        }
        Some(Command::Mcp(options)) => return mcp::run(*options),
        Some(Command::Relay) => return run::relay(),
        Some(Command::Completions { shell }) => definitions::completions(shell),
        Some(Command::Man { command }) => definitions::manual(command.as_deref()),
        Some(Command::Serve(options)) => {
            init_logging(args.log);
            serve::run(*options)
        }
        Some(Command::Explain(options)) => {
            init_logging(args.log);
            explain::run(&options)
        }
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

/// One command by its own definition; whatever that does not understand is left to the whole one.
fn alone<T: clap::Args>(name: &'static str) -> Option<T> {
    let definition = T::augment_args(clap::Command::new(name));
    let matches = definition.try_get_matches_from(std::env::args_os().skip(1)).ok()?;
    T::from_arg_matches(&matches).ok()
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
