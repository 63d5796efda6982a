//! `autoheal sourcemaps upload`: finds bundles with their maps, gives them debug ids, and uploads what the service lacks.

mod bundle;
mod comment;
mod discover;
mod service;

use std::io::{IsTerminal, Write};

use anyhow::{Result, bail};
use autoheal_ingest::LookupBuilder;
use autoheal_source_maps::check;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::args::{SourceMapsCommand, UploadArgs};

use bundle::Bundle;
use discover::discover;
use service::{Service, UploadError};

/// Maximum memory of the process that builds one lookup, in bytes.
const BUILD_MEMORY: u64 = 4 * 1024 * 1024 * 1024;
/// Maximum processor time of that process, in seconds.
const BUILD_SECONDS: u64 = 50;

/// Runs a command of `autoheal sourcemaps`.
pub(crate) fn run(command: &SourceMapsCommand) -> Result<()> {
    match command {
        SourceMapsCommand::Upload(options) => upload(options),
    }
}

/// Builds one lookup from the standard input, within limits. The service starts it for each uploaded map.
pub(crate) fn build(with_functions: bool) -> Result<()> {
    for (resource, most) in [(Resource::As, BUILD_MEMORY), (Resource::Cpu, BUILD_SECONDS), (Resource::Core, 0)] {
        let limit = getrlimit(resource);
        let most = limit.maximum.map_or(most, |maximum| maximum.min(most));
        setrlimit(resource, Rlimit { current: Some(most), maximum: limit.maximum })?;
    }
    Ok(LookupBuilder::serve(std::io::stdin().lock(), std::io::stdout().lock(), with_functions)?)
}

#[tokio::main(flavor = "current_thread")]
async fn upload(options: &UploadArgs) -> Result<()> {
    if !options.directory.is_dir() {
        bail!("{} is not a directory", options.directory.display());
    }
    let found = discover(&options.directory)?;
    if found.bundles.is_empty() {
        bail!(
            "{} has no JavaScript with a source map ({} files without one); make the bundler write maps \
             (such as `build.sourcemap` of Vite, or `devtool: 'source-map'` of webpack)",
            options.directory.display(),
            found.without_map
        );
    }
    let mut outcome = Outcome::default();
    let mut bundles = Vec::new();
    for mut bundle in found.bundles {
        let name = bundle.name.clone();
        if let Err(bad) = check(&bundle.map) {
            outcome.fail(&name, &bad);
            continue;
        }
        if !options.no_inject && !options.dry_run {
            bundle.inject()?;
        }
        bundles.push(bundle);
    }
    if options.dry_run {
        for bundle in &bundles {
            println!("{} -> {} ({})", bundle.name, url(&options.url_prefix, &bundle.name), bundle.debug_id);
        }
        println!("{} would be uploaded, {} files have no map", bundles.len(), found.without_map);
        return outcome.result();
    }
    let Some(key) = &options.key else {
        bail!("a sender key is needed to upload source maps; give one of the service's keys with AUTOHEAL_KEY");
    };
    let service = Service::at(&options.url, options.project.as_deref(), key)?;
    send(&service, options, bundles, &mut outcome).await?;
    println!(
        "uploaded {}, already there {}, failed {}; {} files have no map",
        outcome.uploaded, outcome.known, outcome.failed, found.without_map
    );
    outcome.result()
}

/// Uploads the bundles whose maps the service lacks.
async fn send(service: &Service, options: &UploadArgs, bundles: Vec<Bundle>, outcome: &mut Outcome) -> Result<()> {
    let url = |bundle: &Bundle| url(&options.url_prefix, &bundle.name);
    let list: Vec<_> = bundles.iter().map(|bundle| (bundle.debug_id, url(bundle))).collect();
    let known = service.known(&options.release, &list).await?;
    let total = bundles.len();
    let progress = Progress::new();
    for (number, bundle) in (1..).zip(bundles) {
        if known.contains(&bundle.debug_id) {
            outcome.known += 1;
            continue;
        }
        progress.show(&format!("[{number}/{total}] {} ({} KiB)", bundle.name, bundle.map.len() / 1024));
        match service.upload(&bundle, &options.release, &url(&bundle)).await {
            Ok(()) => outcome.uploaded += 1,
            Err(UploadError::Refused(reason)) => {
                progress.clear();
                outcome.fail(&bundle.name, &reason);
            }
            Err(UploadError::Stopped(error)) => {
                progress.clear();
                let done = outcome.uploaded + outcome.known;
                return Err(
                    error.context(format!("{done} of {total} maps are uploaded; run the command again to resume"))
                );
            }
        }
    }
    progress.clear();
    Ok(())
}

/// The URL of a file below the directory.
fn url(prefix: &str, name: &str) -> String {
    format!("{}/{name}", prefix.trim_end_matches('/'))
}

/// What became of the bundles.
#[derive(Default)]
struct Outcome {
    uploaded: usize,
    known: usize,
    failed: usize,
}

impl Outcome {
    fn fail(&mut self, name: &str, reason: &dyn std::fmt::Display) {
        self.failed += 1;
        eprintln!("autoheal: {name}: {reason}");
    }

    fn result(&self) -> Result<()> {
        if self.failed > 0 {
            bail!("{} source maps were refused; the reasons are above", self.failed);
        }
        Ok(())
    }
}

/// One line on a terminal that says which file is being uploaded.
struct Progress {
    is_terminal: bool,
}

impl Progress {
    fn new() -> Self {
        Self { is_terminal: std::io::stderr().is_terminal() }
    }

    fn show(&self, text: &str) {
        if self.is_terminal {
            let shown: String = text.chars().filter(|c| !c.is_control()).take(100).collect();
            eprint!("\r\x1b[K{shown}");
            let _closed = std::io::stderr().flush();
        }
    }

    fn clear(&self) {
        if self.is_terminal {
            eprint!("\r\x1b[K");
        }
    }
}
