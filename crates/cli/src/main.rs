//! The binary `autoheal`: parses the command line, runs one command, and exits with its code.

mod args;
mod arguments;
mod backup;
mod child;
mod client_key;
mod definitions;
mod erase;
mod explain;
mod gateway;
mod mcp;
mod printed;
mod run;
mod serve;
mod settings;
mod source_maps;

use std::ffi::OsStr;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use clap::CommandFactory;

use crate::args::{Args, Command, McpArgs, RunArgs, parse, parse_alone, warn_of_unknown_variables};
use crate::printed::init_logging;

/// mimalloc, because records are made on one thread and dropped on another, which costs locks in glibc's allocator.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let first_argument = std::env::args_os().nth(1);
    // before anything else, because this delays the wrapped command
    if first_argument.as_deref() == Some(OsStr::new(child::start::BECOME)) {
        return child::start::become_command();
    }
    if let Some(code) = child::first_process::run_as_child() {
        return code;
    }
    survive_file_size_limit();
    // `run` and `mcp` are parsed by their own definitions, because building all of them delays the wrapped command
    match first_argument.as_deref().and_then(OsStr::to_str) {
        Some("run") => {
            if let Some(options) = parse_alone::<RunArgs>("autoheal run") {
                return run::run(options);
            }
        }
        Some("mcp") => {
            if let Some(options) = parse_alone::<McpArgs>("autoheal mcp")
                && !options.http.http
            {
                warn_of_unknown_variables();
                return mcp::run(options);
            }
        }
        _ => {}
    }
    let args = match parse() {
        Ok(args) => args,
        Err(code) => return code,
    };
    // `run` warns only beside a line that it prints anyway, because standard error belongs to its command
    if !matches!(args.command, Some(Command::Run(_) | Command::Relay | Command::BuildSourceMap { .. })) {
        warn_of_unknown_variables();
    }
    let result = match args.command {
        // without logging, because standard error belongs to the command
        Some(Command::Run(options)) => return run::run(*options),
        Some(Command::Mcp(options)) if options.http.http => {
            init_logging(args.log);
            gateway::run(*options)
        }
        Some(Command::Mcp(options)) => return mcp::run(*options),
        Some(Command::SourceMaps(options)) => source_maps::run(&options.command),
        Some(Command::BuildSourceMap { without_functions }) => source_maps::build(!without_functions),
        Some(Command::Relay) => return run::relay(),
        Some(Command::Completions { shell }) => definitions::completions(shell),
        Some(Command::Man { command }) => definitions::manual(command.as_deref()),
        Some(Command::Serve(options)) => {
            init_logging(args.log);
            serve::run(*options)
        }
        Some(Command::Backup(options)) => backup::run(&options),
        Some(Command::Erase(options)) => erase::run(&options),
        Some(Command::Explain(options)) => {
            init_logging(args.log);
            explain::run(&options)
        }
        None => {
            // not by clap's `arg_required_else_help`, because a set environment variable counts as an argument there
            eprintln!("{}", Args::command().render_help());
            return ExitCode::from(2);
        }
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            child::say(&format!("{error:#}"));
            ExitCode::FAILURE
        }
    }
}

/// Makes a write beyond the file size limit (`ulimit -f`) fail as on a full disk. By default the signal ends the process.
/// The signal is handled and not ignored, because wrapped commands would inherit that.
fn survive_file_size_limit() {
    let noticed = Arc::new(AtomicBool::new(false));
    // without the handler, only the limit is handled worse
    let _registered = signal_hook::flag::register(signal_hook::consts::SIGXFSZ, noticed);
}
