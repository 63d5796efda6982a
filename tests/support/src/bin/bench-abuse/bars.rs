//! The bars: the name of each figure, its bound, and whether it must hold at small scale too.

use serde_json::{Map, Value};

/// Bound of a figure.
#[derive(Clone, Copy)]
enum Bound {
    AtMost(f64),
    AtLeast(f64),
}

struct Bar {
    name: &'static str,
    bound: Bound,
    /// Whether a broken bar fails a short run.
    holds_at_small_scale: bool,
    /// Description for people.
    description: &'static str,
}

const fn bar(name: &'static str, bound: Bound, holds_at_small_scale: bool, description: &'static str) -> Bar {
    Bar { name, bound, holds_at_small_scale, description }
}

use Bound::{AtLeast, AtMost};

/// All bars, in the order of the JSON line.
const BARS: [Bar; 15] = [
    bar("heads_rss_mib", AtMost(64.0), true, "growth of memory by 3,000 heads that promise 1 MiB each"),
    bar("flood_own_issue_s", AtMost(5.0), true, "time to the operator's issue behind 600 made-up failures"),
    bar("flood_disk_mib", AtMost(200.0), false, "store and log after one stranger's day at the default limits"),
    bar("prune_stall_ms", AtMost(50.0), false, "longest response to a report while old ids are deleted"),
    bar("groups_200k_list_ms", AtMost(50.0), false, "list of many groups, 99th percentile, four dashboards"),
    bar("groups_200k_issue_s", AtMost(5.0), false, "time to the operator's issue meanwhile"),
    bar("kills", AtLeast(30.0), false, "kill -9 under load"),
    bar("lost", AtMost(0.0), true, "reports with a 202 that were missing afterwards"),
    bar("miscounted", AtMost(0.0), true, "difference of the groups' counts"),
    bar("gate_cases", AtLeast(60.0), true, "changes on GitHub between approval and hand-over"),
    bar("gate_leaks", AtMost(0.0), true, "hand-overs despite such a change"),
    bar("secrets", AtLeast(200.0), true, "secrets in reports"),
    bar("secrets_left", AtMost(0.0), true, "secrets that were left"),
    bar("harmless", AtLeast(120.0), true, "harmless texts in reports"),
    bar("harmless_changed", AtMost(0.0), true, "harmless texts that were changed"),
];

/// Bar of the store's limit. It has no figure in the JSON line, because it depends on the limit that was chosen.
const STORE_LIMIT: Bar =
    bar("store_limit_ratio", AtMost(1.0), true, "largest store under a flood, as a part of its limit");

/// Prints the table and returns the names of the broken bars, for a short run only those that must hold then.
pub(crate) fn print(figures: &Map<String, Value>, short: bool) -> Vec<&'static str> {
    println!("\n{:22}{:>12}{:>10}", "", "measured", "bar");
    let mut broken = Vec::new();
    for Bar { name, bound, holds_at_small_scale, description } in BARS.iter().chain([&STORE_LIMIT]) {
        let figure = figures.get(*name).and_then(Value::as_f64);
        let (sign, limit, holds) = match bound {
            AtMost(limit) => ("≤", limit, figure.is_some_and(|figure| figure <= *limit)),
            AtLeast(limit) => ("≥", limit, figure.is_some_and(|figure| figure >= *limit)),
        };
        let measured = figure.map_or_else(|| "-".to_owned(), |figure| figure.to_string());
        let verdict = match figure {
            None => "not measured",
            Some(_) if holds => "",
            Some(_) if short && !holds_at_small_scale => "small scale",
            Some(_) => "BROKEN",
        };
        println!("{name:22}{measured:>12}{:>10}  {verdict:13} {description}", format!("{sign} {limit}"));
        if !holds && (!short || *holds_at_small_scale) {
            broken.push(*name);
        }
    }
    broken
}

/// The figures of all bars; `null` for one that was not measured.
pub(crate) fn json(figures: &Map<String, Value>) -> Value {
    let figure = |bar: &Bar| figures.get(bar.name).cloned().unwrap_or_default();
    Value::Object(BARS.iter().map(|bar| (bar.name.to_owned(), figure(bar))).collect())
}

/// A figure rounded to three decimal places.
pub(crate) fn rounded(figure: f64) -> f64 {
    (figure * 1000.0).round() / 1000.0
}
