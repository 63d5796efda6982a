//! Measures grouping on recorded failures: pairwise precision and recall of the fingerprint, and of two simpler ways to group.
//!
//! Each line of the file has a `label`, the bug, and either a `report` or the output of a command. Precision: of the pairs of
//! failures in one group, how many are one bug. Recall: of the pairs that are one bug, how many are in one group.

mod localised;

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail, ensure};
use serde_json::{Value, json};

const USAGE: &str = "usage: bench-grouping --service PATH --reports FILE --localised FILE [--field FILE] [--check]";
/// Bars of precision and recall.
const BARS: (f64, f64) = (0.99, 0.95);

/// Options of the measurement.
#[derive(Default)]
struct Options {
    /// Path of the measured binary, `autoheal`.
    service: PathBuf,
    /// The recorded failures.
    reports: PathBuf,
    /// Failures of small programs, each with the function that its fix changes.
    localised: PathBuf,
    /// Further failures in the same form, scored apart.
    field: Option<PathBuf>,
    /// Fail if the bars are not reached.
    check: bool,
}

/// One failure: its bug, and the group that each way gives it.
struct Failure {
    set: String,
    label: String,
    fingerprint: String,
    /// Type and message as they were sent, by which the original grouped.
    original: String,
    /// The normalised message alone.
    message: String,
}

fn main() -> Result<()> {
    let options = options()?;
    let failures = read(&options.service, &options.reports)?;
    let field = match &options.field {
        Some(path) => Some(score(&read(&options.service, path)?, |it| &it.fingerprint)),
        None => None,
    };
    println!("{:<12}{:>9}{:>7}{:>8}{:>11}{:>8}", "set", "failures", "bugs", "groups", "precision", "recall");
    let mut sets: Vec<&str> = failures.iter().map(|it| it.set.as_str()).collect();
    sets.sort_unstable();
    sets.dedup();
    for set in sets {
        let of_set: Vec<&Failure> = failures.iter().filter(|it| it.set == set).collect();
        row(set, &of_set, |it| &it.fingerprint);
    }
    let all: Vec<&Failure> = failures.iter().collect();
    let (precision, recall) = row("all", &all, |it| &it.fingerprint);
    let original = row("(original)", &all, |it| &it.original);
    let message = row("(message)", &all, |it| &it.message);
    let localised = localised::measure(&options.service, &options.localised)?;
    let round = |value: f64| (value * 10_000.0).round() / 10_000.0;
    let figures = json!({
        "precision": round(precision), "recall": round(recall),
        "original_precision": round(original.0), "original_recall": round(original.1),
        "message_precision": round(message.0), "message_recall": round(message.1),
        "localised_file": round(localised.file), "localised_function": round(localised.function),
        "field_precision": field.map(|it| round(it.0)), "field_recall": field.map(|it| round(it.1)),
    });
    println!("{figures}");
    if options.check && (precision < BARS.0 || recall < BARS.1) {
        bail!("precision must be {} and recall {} at least", BARS.0, BARS.1);
    }
    let (file, function) = localised::BARS;
    if options.check && (localised.file < file || localised.function < function) {
        bail!(
            "{file} of the first own frames must be in the file, and {function} in the function, that the fix changes"
        );
    }
    Ok(())
}

fn options() -> Result<Options> {
    let mut options = Options::default();
    let mut arguments = std::env::args().skip(1);
    while let Some(name) = arguments.next() {
        let mut path = || arguments.next().map(PathBuf::from).context(USAGE);
        match name.as_str() {
            "--service" => options.service = path()?,
            "--reports" => options.reports = path()?,
            "--localised" => options.localised = path()?,
            "--field" => options.field = Some(path()?),
            "--check" => options.check = true,
            _ => bail!("unknown option {name}; {USAGE}"),
        }
    }
    let files = [&options.service, &options.reports, &options.localised];
    ensure!(files.iter().all(|file| file.is_file()), USAGE);
    Ok(options)
}

/// Reads the failures of a file, with what `autoheal explain` says of them.
fn read(service: &Path, path: &Path) -> Result<Vec<Failure>> {
    let lines = json_lines(path)?;
    let input: String = lines.iter().map(|line| format!("{}\n", line.get("report").unwrap_or(line))).collect();
    let explained = explain(service, input)?;
    ensure!(explained.len() == lines.len(), "{} lines in, {} out", lines.len(), explained.len());
    lines.iter().zip(&explained).map(|(line, explained)| failure(line, explained)).collect()
}

/// The lines of a file as JSON.
fn json_lines(path: &Path) -> Result<Vec<Value>> {
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    text.lines().map(|line| serde_json::from_str(line).with_context(|| format!("not JSON: {line:.80}"))).collect()
}

/// Passes lines through `autoheal explain --json -`.
fn explain(service: &Path, input: String) -> Result<Vec<Value>> {
    let mut child = Command::new(service)
        .args(["explain", "--json", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .with_context(|| format!("cannot start {}", service.display()))?;
    let mut stdin = child.stdin.take().context("no standard input")?;
    let writing = std::thread::spawn(move || stdin.write_all(input.as_bytes()));
    let output = BufReader::new(child.stdout.take().context("no standard output")?);
    let lines = output.lines().map(|line| Ok(serde_json::from_str(&line?)?)).collect::<Result<_>>();
    writing.join().ok().context("writing panicked")??;
    ensure!(child.wait()?.success(), "autoheal explain failed");
    lines
}

fn failure(line: &Value, explained: &Value) -> Result<Failure> {
    let label = line["label"].as_str().context("a line has no label")?;
    if let Some(reason) = explained["rejected"].as_str() {
        bail!("{label} is rejected: {reason}");
    }
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let message = text(&explained["scrubbed"]["error_message"]);
    Ok(Failure {
        set: text(&line["set"]),
        label: label.to_owned(),
        fingerprint: text(&explained["fingerprint"]),
        original: format!("{}: {message}", text(&explained["scrubbed"]["error_type"])),
        message: text(&explained["normalised_message"]),
    })
}

/// Prints a row of the table, and returns precision and recall.
fn row(name: &str, failures: &[&Failure], group: impl Fn(&Failure) -> &String) -> (f64, f64) {
    let (precision, recall) = score(failures.iter().copied(), &group);
    let count = |key: &dyn Fn(&Failure) -> String| {
        failures.iter().map(|it| key(it)).collect::<std::collections::HashSet<_>>().len()
    };
    let (bugs, groups) = (count(&|it| it.label.clone()), count(&|it| group(it).clone()));
    println!("{name:<12}{:>9}{bugs:>7}{groups:>8}{precision:>11.4}{recall:>8.4}", failures.len());
    (precision, recall)
}

/// Precision and recall over all pairs.
fn score<'a>(failures: impl IntoIterator<Item = &'a Failure>, group: impl Fn(&Failure) -> &String) -> (f64, f64) {
    let (mut labels, mut groups, mut both) = (HashMap::new(), HashMap::new(), HashMap::new());
    for failure in failures {
        *labels.entry(&failure.label).or_insert(0_u32) += 1;
        *groups.entry(group(failure).clone()).or_insert(0_u32) += 1;
        *both.entry((&failure.label, group(failure).clone())).or_insert(0_u32) += 1;
    }
    let pairs = |counts: &mut dyn Iterator<Item = u32>| -> f64 {
        counts.map(|count| f64::from(count) * f64::from(count.saturating_sub(1)) / 2.0).sum()
    };
    let right = pairs(&mut both.into_values());
    let ratio = |all: f64| if all > 0.0 { right / all } else { 1.0 };
    (ratio(pairs(&mut groups.into_values())), ratio(pairs(&mut labels.into_values())))
}
