//! Measures the overhead of `autoheal run` and `autoheal mcp` against no wrapper and against a bare relay, in the same
//! run.

mod attribution;
mod figures;
mod gateway;
mod memory;
mod relay;
mod run;
mod secrets;
mod server;
mod stdio;

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Result, bail};
use serde_json::Value;

/// Options of all measurements.
struct Options {
    /// Path of the measured binary, `autoheal`.
    service: PathBuf,
    /// Directory for stores and other files.
    directory: PathBuf,
    /// Few rounds, to check that the benchmark works.
    short: bool,
    /// Name of the only measurement to run; `None` for all.
    only: Option<String>,
}

impl Options {
    /// The measured binary, with its own store and data directory.
    fn autoheal(&self) -> Command {
        let mut command = Command::new(&self.service);
        command.env("XDG_DATA_HOME", &self.directory).env("AUTOHEAL_STORE", self.directory.join("store.db"));
        command.env_remove("AUTOHEAL_URL");
        command
    }
}

const USAGE: &str = "usage: bench-capture --service PATH --directory DIR [--short] [--only NAME]";

/// A measurement, which returns its figures by name.
type Measure = fn(&Options) -> Result<Value>;

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        ["fail"] => return attribution::respond(),
        ["answer"] => return Ok(server::respond()?),
        ["hold", calls, bytes] => return Ok(server::hold(calls.parse()?, bytes.parse()?)?),
        ["relay", command @ ..] => return relay::relay(command),
        ["http-answer"] => return gateway::respond(),
        ["http-relay", upstream] => return gateway::relay(upstream),
        _ => {}
    }
    let options = options(&arguments)?;
    std::fs::create_dir_all(&options.directory)?;
    let mut all = serde_json::Map::new();
    let measures: [(&str, Measure); 6] = [
        ("run", run::measure),
        ("stdio", stdio::measure),
        ("memory", memory::measure),
        ("gateway", gateway::measure),
        ("secrets", secrets::measure),
        ("attribution", attribution::measure),
    ];
    for (name, measure) in measures {
        if options.only.as_ref().is_some_and(|only| only != name) {
            continue;
        }
        let Value::Object(figures) = measure(&options)? else { continue };
        all.extend(figures);
    }
    let peak = ["stdio_peak_mib", "gateway_peak_mib"].iter().filter_map(|name| all.get(*name)?.as_f64());
    let peak = peak.fold(0.0, f64::max);
    all.insert("peak_mib".to_owned(), peak.into());
    println!("{}", Value::Object(all));
    Ok(())
}

fn options(arguments: &[&str]) -> Result<Options> {
    let mut options = Options { service: PathBuf::new(), directory: PathBuf::new(), short: false, only: None };
    let mut arguments = arguments.iter();
    while let Some(argument) = arguments.next() {
        match (*argument, arguments.as_slice().first()) {
            ("--short", _) => options.short = true,
            ("--only", Some(name)) => options.only = Some((*name).to_owned()),
            ("--service", Some(path)) => options.service = path.into(),
            ("--directory", Some(path)) => options.directory = path.into(),
            _ => bail!(USAGE),
        }
        if *argument != "--short" {
            arguments.next();
        }
    }
    if options.service.as_os_str().is_empty() || options.directory.as_os_str().is_empty() {
        bail!(USAGE);
    }
    // absolute, because measured processes may run in other directories
    options.directory = std::path::absolute(&options.directory)?;
    options.service = std::path::absolute(&options.service)?;
    Ok(options)
}
