//! Measures how often the first of the application's own frames leads to the bug: failures of small programs, each with the
//! function that its fix changes.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use crate::{explain, json_lines};

/// Bars of the share in the file, and of the share in the function.
pub(crate) const BARS: (f64, f64) = (0.9, 0.8);

/// Shares of the failures whose first own frame is in the file, and in the function, that the fix changes.
pub(crate) struct Localised {
    pub(crate) file: f64,
    pub(crate) function: f64,
}

/// Measures the failures of a file, and prints those whose first own frame is elsewhere.
pub(crate) fn measure(service: &Path, path: &Path) -> Result<Localised> {
    let failures = json_lines(path)?;
    let input: String = failures.iter().map(|failure| format!("{failure}\n")).collect();
    let explained = explain(service, input)?;
    ensure!(explained.len() == failures.len(), "{} lines in, {} out", failures.len(), explained.len());
    let (mut in_file, mut in_function) = (0_u32, 0_u32);
    for (failure, explained) in failures.iter().zip(&explained) {
        let fix = &failure["fix"];
        let bound = |name: &str| fix[name].as_u64().with_context(|| format!("a failure has no fix.{name}"));
        let (from, to) = (bound("from")?, bound("to")?);
        let frames = explained["frames"].as_array().context("the report of a failure has no frames")?;
        let first = frames.iter().find(|frame| frame["in_app"] == true);
        let is_file = first.is_some_and(|frame| base_name(&frame["file"]) == base_name(&fix["file"]));
        let line = first.and_then(|frame| frame["line"].as_u64());
        let is_function = is_file && line.is_some_and(|line| (from..=to).contains(&line));
        in_file += u32::from(is_file);
        in_function += u32::from(is_function);
        if !is_function {
            let place = first.map(|frame| format!("{}:{}", base_name(&frame["file"]), frame["line"]));
            let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
            println!(
                "{}/{}: the first own frame is {}, the fix is in {} ({}:{from})",
                text(&failure["language"]),
                text(&failure["name"]),
                place.unwrap_or_else(|| "missing".to_owned()),
                text(&fix["function"]),
                base_name(&fix["file"]),
            );
        }
    }
    let share = |count: u32| f64::from(count) / f64::from(u32::try_from(failures.len()).unwrap_or(u32::MAX).max(1));
    Ok(Localised { file: share(in_file), function: share(in_function) })
}

/// The name of a file without its folders, because stacks name them in different ways.
fn base_name(file: &Value) -> &str {
    let file = file.as_str().unwrap_or_default();
    file.rsplit('/').next().unwrap_or(file)
}
