//! The stand-in for GitHub as a program.

use std::io::Write;
use std::net::SocketAddr;

use anyhow::{Context, bail};
use autoheal_test_support::{Options, StandIn};
use tokio::signal::unix::{SignalKind, signal};

const HELP: &str = "\
Examples:
  github-stand-in
  github-stand-in --listen 127.0.0.1:8788 --repository acme/shop --token made-up

A stand-in for GitHub, for tests and demonstrations. All data is in memory.

Options:
  --listen ADDRESS        address to listen on; with port 0 a free port [127.0.0.1:0]
  --repository OWNER/NAME a repository; may be given several times [acme/shop]
  --token TOKEN           the token that is accepted [made-up-token-of-the-stand-in]
  --login LOGIN           user that the token belongs to, with write permission [autoheal-bot]

The first line of standard output is `listening on URL`. SIGTERM and SIGINT stop it.";

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let Some(options) = read_arguments(std::env::args().skip(1))? else {
        println!("{HELP}");
        return Ok(());
    };
    let mut terminated = signal(SignalKind::terminate()).context("listening for SIGTERM")?;
    let mut interrupted = signal(SignalKind::interrupt()).context("listening for SIGINT")?;
    let stand_in = StandIn::start_with(options).await?;
    println!("listening on {}", stand_in.url());
    std::io::stdout().flush().context("printing the address")?;
    tokio::select! {
        result = stand_in.run() => result,
        _ = terminated.recv() => Ok(()),
        _ = interrupted.recv() => Ok(()),
    }
}

/// The options; `None` when help is requested.
fn read_arguments(mut arguments: impl Iterator<Item = String>) -> anyhow::Result<Option<Options>> {
    let mut options = Options::default();
    let mut repositories = Vec::new();
    while let Some(name) = arguments.next() {
        if ["-h", "--help"].contains(&name.as_str()) {
            return Ok(None);
        }
        let value = arguments.next().with_context(|| format!("{name} needs a value; see --help"))?;
        match name.as_str() {
            "--listen" => {
                options.listen = value.parse::<SocketAddr>().context("--listen needs an address and a port")?
            }
            "--repository" => repositories.push(value),
            "--token" => options.token = value,
            "--login" => options.login = value,
            _ => bail!("{name} is not an option; see --help"),
        }
    }
    if !repositories.is_empty() {
        options.repositories = repositories;
    }
    Ok(Some(options))
}
