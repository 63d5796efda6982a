//! `autoheal serve`: the HTTP service and the worker, as two tasks with one store.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result};
use autoheal_heal::github::Github;
use autoheal_heal::settings::Settings;
use autoheal_heal::worker::{Worker, run_workers};
use autoheal_ingest::{App, Intake, store_path};
use autoheal_store::{Clock, Limits, Sqlite, Store};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use secrecy::SecretString;
use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::{Notify, watch};

use crate::args::ServeArgs;
use crate::settings;

/// Raises the soft limit of open files to the hard one, because each connection takes a file descriptor.
fn raise_descriptor_limit() {
    let limit = getrlimit(Resource::Nofile);
    let _lower_limit = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit });
}

/// Runs the service and the worker until SIGTERM or Ctrl-C, then stops both and closes the store.
#[tokio::main]
pub(crate) async fn run(options: ServeArgs) -> Result<()> {
    raise_descriptor_limit();
    let github_url = &options.github.github_url;
    let at_api =
        |settings: Settings| Settings { repository: settings.repository.clone().at_api(github_url), ..settings };
    let healing: Vec<Settings> = settings::healing(&options.healing)?.into_iter().map(at_api).collect();
    let projects = healing.iter().map(|settings| (settings.project.clone(), settings.repository.clone())).collect();
    let mut config = settings::service(&options, projects)?;
    let raise = settings::raise_rules(&options.raise);
    let limits = Limits { bytes: options.store_limit, retention: options.retention.0, raise, ..Limits::default() };
    // before the store is opened, so that a refused start creates no file
    let token = if healing.is_empty() { None } else { Some(settings::issues_token()?) };
    let path = store_path(options.store.as_deref())?;
    config.store_file = Some(path.clone());
    config.data_dir = path.parent().map(Path::to_owned);
    let store: Arc<dyn Store> = Arc::new(Sqlite::open_for_service(&path, limits)?);
    let clock = Clock::system();
    let wake = Arc::new(Notify::new());

    let dashboard = settings::public_dashboard(&options);
    let healing = healing.into_iter().map(|settings| Settings {
        dashboard: dashboard.clone(),
        pace: options.github.write_pace,
        lag_bound: options.github.lag_bound,
        poll_interval: options.github.poll_interval,
        stop_file: Some(path.with_added_extension("stop")),
        ..settings
    });
    let workers = healing.zip(token.iter().cycle());
    let workers = workers.map(|(settings, token)| worker(&options, token, settings, &store, &clock));
    let workers: Vec<Worker> = workers.collect::<Result<_>>()?;
    let sends = !workers.is_empty();
    // before the service accepts connections, so that its first response already has the spooled reports
    let mut spool = Intake {
        store: Arc::clone(&store),
        store_file: path.clone(),
        listen: options.listen,
        public_url: options.public_url.as_ref().map(|url| url.as_str().to_owned()),
        clock: clock.clone(),
        wake: Arc::clone(&wake),
        scrub: options.scrub.into(),
        rules: Arc::clone(&config.rules),
    };
    spool.run_once().await;
    let listener = TcpListener::bind(options.listen)
        .await
        .with_context(|| format!("cannot listen on {}; is another autoheal running? (--listen)", options.listen))?;
    let address = listener.local_addr()?;
    // with the port that port 0 stands for
    spool.listen = address;
    // before the line below, so that a SIGTERM right after it stops the service in order
    let terminate = signal(SignalKind::terminate())?;
    println!("listening on http://{address}");
    tracing::info!(store = %path.display(), sends, "dashboard at http://{address}/, reports to http://{address}/report-error");

    let (stop, stopped) = watch::channel(false);
    let until_stopped = |mut stopped: watch::Receiver<bool>| async move {
        // an error means that the sender was dropped: stop then, too
        let _stop = stopped.wait_for(|stop| *stop).await;
    };
    let statuses = workers.iter().map(Worker::status).collect();
    let working = sends
        .then(|| tokio::spawn(run_workers(workers, clock.clone(), Arc::clone(&wake), until_stopped(stopped.clone()))));
    let spool = tokio::spawn(spool.run(options.spool_interval));
    let app = App::build(config, Arc::clone(&store), clock, wake, statuses, listener).context("AUTOHEAL_UPSTREAM")?;
    let serving = tokio::spawn(app.run(until_stopped(stopped)));

    stop_signal(terminate).await?;
    tracing::info!("stopping: finishing open requests and writes");
    stop.send_replace(true);
    spool.abort();
    serving.await.context("the service ended early")?;
    if let Some(working) = working {
        working.await.context("the worker ended early")?;
    }
    store.close().await?;
    Ok(())
}

fn worker(
    options: &ServeArgs,
    token: &SecretString,
    settings: Settings,
    store: &Arc<dyn Store>,
    clock: &Clock,
) -> Result<Worker> {
    let url = &options.github.github_url;
    let client =
        |token| Github::new(url, token, settings.repository.clone(), clock.clone()).context("AUTOHEAL_GITHUB_URL");
    let issues = client(token)?;
    let agent = options.github.agent_token.as_ref().map(client).transpose()?;
    Ok(Worker::new(Arc::clone(store), issues, agent, settings, clock.clone()))
}

/// Waits for SIGTERM or Ctrl-C.
async fn stop_signal(mut terminate: Signal) -> Result<()> {
    tokio::select! {
        _ = terminate.recv() => Ok(()),
        interrupted = tokio::signal::ctrl_c() => Ok(interrupted?),
    }
}
