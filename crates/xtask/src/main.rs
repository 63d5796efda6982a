//! `cargo xtask`, the task runner for developers and CI: demo, test, build, lint, bench.

mod bench;
mod command;
mod conformance;
mod demo;
mod engines;
mod lint;
mod packaging;
mod prerequisites;
mod servers;
mod stack;
mod test;
mod web;

use std::path::PathBuf;
use std::process::ExitCode;

const USAGE: &str = "\
usage: cargo xtask COMMAND

  demo          start everything on this machine and print where to click
  test          run everything CI runs: lints, tests, browser tests
  build [web]   build the browser package and the binaries, or only the package
  lint          check formatting, clippy, documentation, licences
  bench NAME    run a benchmark: ingest, sdk, capture, abuse   (--short: only check that it works)

Needs Rust (rustup) and Node 20 or newer; fetches the rest itself.";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let result = match arguments.as_slice() {
        ["demo"] => demo::run(),
        ["test"] => test::run(),
        ["build"] => build(),
        ["build", "web"] => web::build(&root()).map(drop),
        ["lint"] => lint::run(),
        ["bench", name, options @ ..] => bench::run(name, options),
        ["help" | "--help" | "-h"] | [] => {
            println!("{USAGE}");
            Ok(())
        }
        _ => Err(anyhow::anyhow!("unknown command `{}`\n\n{USAGE}", arguments.join(" "))),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn build() -> anyhow::Result<()> {
    web::build(&root())?;
    stack::build_binaries("dev").map(drop)
}

/// The repository's root.
fn root() -> PathBuf {
    let package = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    package.ancestors().nth(2).map_or_else(|| package.clone(), PathBuf::from)
}

/// The directory that cargo builds into.
fn target_directory() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), |directory| root().join(directory))
}
