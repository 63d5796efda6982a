//! `autoheal erase`: deletes a failure, or what a client sent. Uses the file, or the service that has it open.

use std::io::{BufRead, IsTerminal, Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use autoheal_ingest::store_path;
use autoheal_prepare::fingerprint::Fingerprint;
use autoheal_store::{ClientHash, Clock, Erased, Sqlite, Store};
use secrecy::{ExposeSecret, SecretString};

use crate::args::EraseArgs;
use crate::printed::one_line;

/// Timeout of the service's response. Erasing rewrites pages of the file, and waits for maintenance under way.
const TIMEOUT: Duration = Duration::from_secs(300);

/// What is to be erased.
enum Target {
    Group(Fingerprint),
    Client(ClientHash),
}

/// Asks, erases, and prints what was removed.
pub(crate) fn run(options: &EraseArgs) -> Result<()> {
    let target = target(options)?;
    let path = store_path(options.store.as_deref())?;
    if !path.exists() {
        bail!("there is no store at {}; name it with --store", path.display());
    }
    if !options.yes {
        confirm(&target)?;
    }
    let erased = match Sqlite::open_unless_in_use(&path)? {
        Some(store) => in_file(&store, options, &target)?,
        None => by_service(options, &target)?,
    };
    if !erased.found() {
        bail!("there is nothing to erase: no such failure or client is in {}", path.display());
    }
    print(&erased);
    Ok(())
}

fn target(options: &EraseArgs) -> Result<Target> {
    if let Some(client) = options.client {
        return Ok(Target::Client(client));
    }
    Ok(Target::Group(options.fingerprint.context("FINGERPRINT or --client is needed")?))
}

fn confirm(target: &Target) -> Result<()> {
    if !std::io::stdin().is_terminal() {
        bail!("nothing was erased: this cannot be undone, so add --yes");
    }
    match target {
        Target::Group(fingerprint) => print!("Erase the failure {fingerprint} with all its reports? [y/N] "),
        Target::Client(client) => print!("Erase everything that the client {client} sent? [y/N] "),
    }
    std::io::stdout().flush()?;
    let mut answer = String::new();
    std::io::stdin().lock().read_line(&mut answer)?;
    if !["y", "yes"].contains(&answer.trim().to_ascii_lowercase().as_str()) {
        bail!("nothing was erased");
    }
    Ok(())
}

/// Erases in a store that no service uses.
fn in_file(store: &Sqlite, options: &EraseArgs, target: &Target) -> Result<Erased> {
    let now = Clock::system().now();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let erased = match target {
            Target::Group(fingerprint) => store.erase_group(&options.project, *fingerprint, now).await?,
            Target::Client(client) => store.erase_client(*client, now).await?,
        };
        store.close().await?;
        Ok(erased)
    })
}

/// Asks the service that uses the store. Over plain HTTP, because both are on one machine.
fn by_service(options: &EraseArgs, target: &Target) -> Result<Erased> {
    let path = match target {
        Target::Group(fingerprint) => {
            format!("/api/groups/{fingerprint}?project={}", options.project)
        }
        Target::Client(client) => format!("/api/clients/{client}"),
    };
    let bearer = |token: &SecretString| format!("Authorization: Bearer {}\r\n", token.expose_secret());
    let authorization = options.operator_token.as_ref().map(bearer).unwrap_or_default();
    let address = reached_at(options.listen);
    let unreachable =
        || format!("the store is in use, but its service is not at {address}; give its address with --listen");
    let mut stream = TcpStream::connect(address).with_context(unreachable)?;
    stream.set_read_timeout(Some(TIMEOUT))?;
    write!(stream, "DELETE {path} HTTP/1.1\r\nHost: {address}\r\n{authorization}Connection: close\r\n\r\n")?;
    let mut response = String::new();
    stream.read_to_string(&mut response).with_context(unreachable)?;
    let (head, body) = response.split_once("\r\n\r\n").with_context(unreachable)?;
    let status = head.split(' ').nth(1).unwrap_or_default();
    match status {
        "200" => serde_json::from_str(body).context("the service's response cannot be read"),
        "404" => Ok(Erased::default()),
        _ => {
            let refusal: serde_json::Value = serde_json::from_str(body).unwrap_or_default();
            bail!("the service at {address} refused ({status}): {}", refusal["message"].as_str().unwrap_or("no reason"))
        }
    }
}

/// The address at which this machine reaches a service that listens on all addresses.
fn reached_at(listen: SocketAddr) -> SocketAddr {
    let loopback = match listen.ip() {
        IpAddr::V4(address) if address.is_unspecified() => IpAddr::from(Ipv4Addr::LOCALHOST),
        IpAddr::V6(address) if address.is_unspecified() => IpAddr::from(Ipv6Addr::LOCALHOST),
        address => address,
    };
    SocketAddr::new(loopback, listen.port())
}

fn print(erased: &Erased) {
    println!("erased: {} groups, {} reports", erased.groups + erased.emptied, erased.samples);
    if erased.emptied > 0 {
        println!("kept without text, because GitHub has an issue of it: {} groups", erased.emptied);
    }
    for issue in &erased.issues {
        println!("the issue on GitHub stays; edit or delete it there: {}", one_line(&issue.url));
    }
    if erased.unfinished > 0 {
        println!("{} writes to GitHub are under way and keep their text; erase again later", erased.unfinished);
    }
    println!("backups keep what they hold");
}
