//! `autoheal mcp --http`: in front of an MCP server at a URL; what fails in its conversations is told.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use autoheal_contract::ErrorReport;
use autoheal_deliver::{Reporter, data_directory};
use autoheal_gateway::{Gateway, GatewayConfig, Upstream, run as serve};
use autoheal_prepare::validate::Sender;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{mpsc, oneshot};
use uuid::Uuid;

use crate::args::McpArgs;
use crate::child::{say, say_in_passing};
use crate::settings;

/// Reports between the gateway and the reporter.
const WAITING: usize = 512;
/// How long the end waits for what is still to be told.
const LIMIT: Duration = Duration::from_millis(1_800);

/// Runs until SIGTERM or Ctrl-C.
pub(crate) fn run(options: McpArgs) -> Result<()> {
    // one thread carries the bytes, another reads what went by: neither waits for the other
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().context("cannot start")?;
    runtime.block_on(stand(options))
}

async fn stand(options: McpArgs) -> Result<()> {
    let config = config(&options)?;
    let allow_origin = settings::origins(&options.http.allow_origin, "--allow-origin")?;
    let url = config.upstream.url().clone();
    let listen = options.http.listen;
    let listener = TcpListener::bind(listen)
        .await
        .with_context(|| format!("cannot listen on {listen}; is another program there? (--listen)"))?;
    let address = listener.local_addr()?;
    let gateway = Gateway::new(config).map_err(|error| anyhow::anyhow!("{url}: {error}"))?;
    let gateway = Arc::new(gateway);
    // anybody who can reach this address can have written what is in these reports
    let reporter = Reporter::start_announcing(options.delivery.into(), Sender::Anonymous, say, say_in_passing)
        .context("cannot start a thread")?;
    // before anybody is told that we are there: a SIGTERM from here on ends us in order
    let mut terminate = signal(SignalKind::terminate())?;
    println!("listening on http://{address} for {url}; use http://{address}{} in place of it", url.path());

    let (until_served, stopped) = oneshot::channel();
    let watched = Arc::clone(&gateway);
    let own_runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
    let watching = std::thread::Builder::new()
        .name("autoheal-watch".to_owned())
        .spawn(move || own_runtime.block_on(watch(&watched, reporter, stopped)))
        .context("cannot start a thread")?;
    let stop = async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = tokio::signal::ctrl_c() => {}
        }
    };
    let served = serve(listener, Arc::clone(&gateway), allow_origin, stop).await;
    drop(until_served);
    match watching.join() {
        Ok(reporter) if reporter.flush(LIMIT) => {}
        // dropping it would wait once more
        Ok(reporter) => std::mem::forget(reporter),
        Err(_) => say("watching the conversations failed; what was not reported by then is lost"),
    }
    served.context("the listener failed")
}

/// Tells what fails until it is stopped, then what is left. Reports are put on disk first, which may be slow: no
/// conversation waits for that.
async fn watch(gateway: &Gateway, reporter: Reporter, stopped: oneshot::Receiver<Infallible>) -> Reporter {
    let (sender, mut failed) = mpsc::channel(WAITING);
    {
        let telling = async {
            while let Some(report) = failed.recv().await {
                tell(&reporter, report);
            }
        };
        tokio::select! {
            ((), ()) = async { tokio::join!(gateway.watch(sender), telling) } => {}
            _ = stopped => {}
        }
    }
    while let Ok(report) = failed.try_recv() {
        tell(&reporter, report);
    }
    gateway.last_reports().into_iter().for_each(|report| tell(&reporter, report));
    reporter
}

fn config(options: &McpArgs) -> Result<GatewayConfig> {
    let [upstream] = options.command.as_slice() else {
        bail!("--http takes one URL: autoheal mcp --http --listen ADDR -- URL");
    };
    let written = upstream.to_string_lossy();
    let upstream = Upstream::parse(&written).with_context(|| {
        format!("`{written}` is no http:// or https:// URL (credentials do not belong in it, but in a header)")
    })?;
    let display_name = upstream.url().to_string();
    let mut config = GatewayConfig::new(upstream, display_name);
    config.inventory_file = data_directory().map(|data| config.upstream.inventory_file(&data)).unwrap_or_default();
    config.timeout = settings::or_never(options.timeout);
    config.handshake_timeout = settings::or_never(options.handshake);
    Ok(config)
}

fn tell(reporter: &Reporter, mut report: ErrorReport) {
    // frozen here, so that a repeated delivery counts once
    report.id.get_or_insert_with(|| Uuid::new_v4().to_string());
    reporter.send(report);
}
