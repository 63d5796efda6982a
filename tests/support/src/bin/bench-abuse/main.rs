//! Attacks the service as strangers could, on bad days too, and compares what happens with fixed bars.

mod bars;
mod disk;
mod failures;
mod flood;
mod groups;
mod heads;
mod kills;
mod operator;
mod place;
mod prune;
mod rows;
mod store_limit;

use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use serde_json::{Map, Value};

use crate::place::Place;

/// Options of all measurements.
struct Options {
    /// Path of the measured binary, `autoheal`.
    service: PathBuf,
    /// Directory for stores and other files.
    directory: PathBuf,
    /// Small scale, to check that the benchmark works and that nothing is wrong that shows at that scale.
    short: bool,
    /// Name of the only measurement to run; `None` for all.
    only: Option<String>,
    /// Figures that tests printed.
    counts: Map<String, Value>,
}

const USAGE: &str = "usage: bench-abuse --service PATH --directory DIR [--counts JSON] [--short] [--only NAME]";
/// Names of the measurements, for `--only`.
const MEASUREMENTS: [&str; 7] = ["heads", "flood", "disk", "store-limit", "prune", "groups", "kills"];

fn main() -> Result<()> {
    let options = options()?;
    // three thousand connections take as many descriptors
    let limit = getrlimit(Resource::Nofile);
    let _lower_limit = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit });
    // one thread for the clients and the stand-in, the other cores for the service
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let mut figures = options.counts.clone();
    for name in MEASUREMENTS {
        if options.only.as_ref().is_some_and(|only| only != name) {
            continue;
        }
        eprintln!("    {name}");
        let place = Place::new(&options, name)?;
        let measured = runtime.block_on(measure(name, &place, options.short));
        if measured.is_err() {
            eprintln!("{}", place.log());
        }
        let Value::Object(measured) = measured.with_context(|| format!("the measurement {name} failed"))? else {
            continue;
        };
        figures.extend(measured);
    }
    let broken = bars::print(&figures, options.short);
    println!("{}", bars::json(&figures));
    if options.short && !broken.is_empty() && options.only.is_none() {
        bail!("bars that must hold at small scale too are broken: {}", broken.join(", "));
    }
    Ok(())
}

async fn measure(name: &str, place: &Place, short: bool) -> Result<Value> {
    match name {
        "heads" => heads::measure(place).await,
        "flood" => flood::measure(place, short).await,
        // too long for a short run
        "disk" if short => Ok(Value::Null),
        "disk" => disk::measure(place).await,
        "store-limit" => store_limit::measure(place, short).await,
        "prune" => prune::measure(place, short).await,
        "groups" => groups::measure(place, short).await,
        _ => kills::measure(place, short).await,
    }
}

fn options() -> Result<Options> {
    let mut options =
        Options { service: PathBuf::new(), directory: PathBuf::new(), short: false, only: None, counts: Map::new() };
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        if argument == "--short" {
            options.short = true;
            continue;
        }
        let value = arguments.next().context(USAGE)?;
        match argument.as_str() {
            "--service" => options.service = std::path::absolute(value)?,
            "--directory" => options.directory = std::path::absolute(value)?,
            "--counts" => options.counts = serde_json::from_str(&value).context("--counts must be a JSON object")?,
            "--only" if MEASUREMENTS.contains(&value.as_str()) => options.only = Some(value),
            _ => bail!("{USAGE}\nNAME is one of {}", MEASUREMENTS.join(", ")),
        }
    }
    if options.service.as_os_str().is_empty() || options.directory.as_os_str().is_empty() {
        bail!(USAGE);
    }
    Ok(options)
}
