//! `autoheal mcp --http`: relays to an MCP server at a URL, and reports failures in its conversations.

use std::convert::Infallible;
use std::sync::Arc;

use anyhow::{Context, Result, anyhow, bail};
use autoheal_contract::ErrorReport;
use autoheal_deliver::{MAX_DELAY, Reporter, data_directory};
use autoheal_gateway::{Gateway, GatewayConfig, Upstream, WatchedReport, run as serve};
use autoheal_prepare::validate::Sender;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{mpsc, oneshot};
use uuid::Uuid;

use crate::args::values::{self, is_own_address};
use crate::args::{McpArgs, shown};
use crate::child::{say, say_unless_blocked};
use crate::client_key::client_key;
use crate::settings;

/// Capacity for reports between the gateway and the reporter.
const MAX_QUEUED: usize = 512;

/// Runs until SIGTERM or Ctrl-C.
pub(crate) fn run(options: McpArgs) -> Result<()> {
    // one thread relays and another one watches, so that neither waits for the other
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().context("cannot start")?;
    runtime.block_on(relay(options))
}

async fn relay(options: McpArgs) -> Result<()> {
    let config = config(&options)?;
    let allow_origin = options.http.allow_origin.iter().flatten().cloned().collect();
    let url = config.upstream.url().clone();
    let listen = options.http.listen;
    let listener = TcpListener::bind(listen)
        .await
        .with_context(|| format!("cannot listen on {listen}; is another program listening there? (--listen)"))?;
    let address = listener.local_addr()?;
    let gateway = Gateway::new(config).with_context(|| url.to_string())?;
    let gateway = Arc::new(gateway);
    // anonymous, because any client that reaches this address can have written the text of a report
    let reporter = Reporter::start_announcing(options.delivery.into(), Sender::Anonymous, say, say_unless_blocked)
        .context("cannot start a thread")?;
    // before the line below, so that a SIGTERM right after it stops the gateway in order
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
        Ok(reporter) if reporter.flush(MAX_DELAY) => {}
        // not dropped, because `drop` would wait again
        Ok(reporter) => std::mem::forget(reporter),
        Err(_) => say("watching the conversations failed; failures not reported by then are lost"),
    }
    served.context("the listener failed")
}

/// Sends reports to the reporter until `stopped`, then the remaining ones. Runs on a thread of its own, because the
/// reporter writes each report to disk, which may be slow.
async fn watch(gateway: &Gateway, reporter: Reporter, stopped: oneshot::Receiver<Infallible>) -> Reporter {
    let (sender, mut failed) = mpsc::channel::<WatchedReport>(MAX_QUEUED);
    {
        let reporting = async {
            while let Some(watched) = failed.recv().await {
                send(&reporter, watched.report);
            }
        };
        tokio::select! {
            ((), ()) = async { tokio::join!(gateway.watch(sender), reporting) } => {}
            _ = stopped => {}
        }
    }
    while let Ok(watched) = failed.try_recv() {
        send(&reporter, watched.report);
    }
    gateway.last_reports().into_iter().for_each(|watched| send(&reporter, watched.report));
    reporter
}

fn config(options: &McpArgs) -> Result<GatewayConfig> {
    let [upstream] = options.command.as_slice() else {
        bail!("--http takes one URL: autoheal mcp --http --listen ADDR -- URL");
    };
    let text = upstream.to_string_lossy();
    let upstream = values::upstream(&text).map_err(|problem| anyhow!("URL: `{}` {problem}", shown(&text)))?;
    let listen = options.http.listen;
    if is_own_address(&upstream, listen) {
        bail!(
            "URL: `{}` is the gateway's own address ({listen}); give the server's URL, or another --listen",
            shown(&text)
        );
    }
    let reports = options.delivery.url.as_deref().and_then(Upstream::parse);
    if reports.is_some_and(|url| is_own_address(&url, listen)) {
        bail!(
            "AUTOHEAL_URL: it is the gateway's own address ({listen}); set the URL of `autoheal serve`, or another --listen"
        );
    }
    let display_name = upstream.url().to_string();
    let mut config = GatewayConfig::new(upstream, display_name);
    config.inventory_file = data_directory().map(|data| config.upstream.inventory_file(&data)).unwrap_or_default();
    config.trust_proxy = options.http.trust_proxy;
    match data_directory().map(|data| client_key(&data)) {
        Some(Ok(key)) => config.client_key = key,
        Some(Err(error)) => {
            say(&format!("cannot keep a key in the data directory ({error}); callers are new clients after a restart"));
        }
        None => say("there is no data directory for a key; callers are new clients after a restart"),
    }
    config.soft_errors = options.soft_errors;
    config.timeout = settings::or_never(options.timeout);
    config.handshake_timeout = settings::or_never(options.handshake);
    Ok(config)
}

fn send(reporter: &Reporter, mut report: ErrorReport) {
    // set before the first delivery, so that a repeated delivery counts once
    report.id.get_or_insert_with(|| Uuid::now_v7().to_string());
    reporter.send(report);
}
