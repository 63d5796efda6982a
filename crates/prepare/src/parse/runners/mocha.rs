//! Failed tests of mocha: below `2 failing`, a number and the titles of the suites and the test, one on each line.

use super::super::failure::Rank;
use super::Failure;

/// Maximum number of lines of the titles of one test.
const MAX_TITLES: usize = 8;

/// Finds the first failed test.
pub(super) fn find(lines: &[(usize, &str)]) -> Option<Failure> {
    let failing = lines.iter().position(|(_, line)| {
        line.trim().strip_suffix(" failing").is_some_and(|number| number.parse::<u32>().is_ok())
    })?;
    let below = &lines[failing + 1..];
    let first = below.iter().take(3).position(|(_, line)| line.trim_start().starts_with("1) "))?;
    let titles = below[first..].iter().take(MAX_TITLES);
    let mut name: Vec<&str> = Vec::new();
    let mut end = 0;
    for (start, line) in titles {
        let title = line.trim();
        end = start + line.len();
        name.push(title.trim_end_matches(':'));
        if title.ends_with(':') {
            break;
        }
    }
    let start = below[first].0;
    Some(Failure::new("", &name.join(" "), start..end).ranked(Rank::Test, "mocha"))
}
