//! The one door for people and CI: demo, test, build, lint, bench.

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
  test          everything CI runs: lints, tests, browser tests
  build [web]   the browser package and the binaries, or the package alone
  lint          formatting, clippy, documentation, licences
  bench NAME    measure: ingest, sdk, capture   (--short: for correctness only)

Needs Rust (rustup) and Node 20 or newer; fetches the rest itself.";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let result = match words.as_slice() {
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
        _ => Err(anyhow::anyhow!("unknown command `{}`\n\n{USAGE}", words.join(" "))),
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

/// The repository's top folder.
fn root() -> PathBuf {
    let here = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).map_or_else(|| here.clone(), PathBuf::from)
}
