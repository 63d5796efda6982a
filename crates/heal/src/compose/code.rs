//! Frames from source maps: the stack in the original source, and lines of code around the application's own frames.

use std::fmt::Write;

use autoheal_prepare::parse::Frame;
use autoheal_prepare::scrub::mask_home;
use autoheal_prepare::symbolicate::Code;
use autoheal_store::Sample;

/// Maximum number of links to code.
const LINKS: usize = 5;
/// Maximum length of a path in a link, in characters.
const PATH_CHARS: usize = 200;

/// The stack as an engine would print it for the original source.
pub(super) fn mapped_stack(sample: &Sample) -> String {
    let report = &sample.report;
    let frames = sample.frames.iter().map(|frame| format!("    at {}\n", place(frame)));
    format!("{}: {}\n{}", report.error_type, report.error_message, frames.collect::<String>())
}

/// The frames with code, innermost first, each with its lines. A mark stands before the line that failed.
pub(super) fn frames_with_code(sample: &Sample) -> String {
    let mut text = String::new();
    for code in &sample.code {
        let Some(frame) = sample.frames.get(code.frame) else { continue };
        if !text.is_empty() {
            text.push('\n');
        }
        let _always = writeln!(text, "at {}", place(frame));
        let last = code.first_line.saturating_add(u32::try_from(code.lines.len()).unwrap_or(0));
        let width = last.to_string().len();
        for (number, line) in (code.first_line..).zip(&code.lines) {
            let mark = if Some(number) == frame.line { '>' } else { ' ' };
            let _always = writeln!(text, "{mark} {number:>width$} | {line}");
        }
    }
    text
}

/// A list of links to the lines at the release's commit, relative to the issue, so that they lead into its repository.
/// Empty where the commit is not known or a path has other characters than a closed set.
pub(super) fn links(sample: &Sample) -> String {
    let mut links = String::new();
    for Code { frame, commit, .. } in sample.code.iter().take(LINKS) {
        let Some(frame) = sample.frames.get(*frame) else { continue };
        let (Some(path), Some(line), Some(commit)) = (frame.file.as_deref(), frame.line, commit.as_deref()) else {
            continue;
        };
        if is_plain_path(path) && is_commit(commit) {
            let _always = writeln!(links, "- [`{path}:{line}`](../blob/{commit}/{path}#L{line})");
        }
    }
    if !links.is_empty() {
        links.push('\n');
    }
    links
}

fn place(frame: &Frame) -> String {
    // without the URL's parameters, because they do not name code
    let file = frame.file.as_deref().unwrap_or("<anonymous>").split(['?', '#']).next().unwrap_or_default();
    let place = format!("{}{}", mask_home(file), frame.position());
    frame.function.as_deref().map_or(place.clone(), |function| format!("{function} ({place})"))
}

/// A path within a repository, of a closed set of characters.
fn is_plain_path(path: &str) -> bool {
    path.len() <= PATH_CHARS
        && path.split('/').all(|part| !matches!(part, "" | "." | ".."))
        && path.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-' | b'/'))
}

fn is_commit(text: &str) -> bool {
    text.len() == 40 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

#[cfg(test)]
mod tests {
    use autoheal_prepare::rules::Rules;
    use autoheal_prepare::symbolicate::Original;
    use autoheal_prepare::validate::{Arrival, Client, Sender};
    use autoheal_prepare::{ScrubLevel, Timestamp, begin};
    use serde_json::json;
    use serde_json::value::to_raw_value;

    use super::*;

    fn sample(file: &str, commit: Option<&str>) -> Sample {
        let report = json!({"error_type": "TypeError", "error_message": "x is undefined",
            "stack_trace": "TypeError: x is undefined\n    at t (https://shop.example/app.js:1:100)"});
        let received_at = Timestamp(0);
        let project = "default".to_owned();
        let arrival = Arrival { project, sender: Sender::Anonymous, client: Client::Own, received_at };
        let original = Original {
            function: Some("Cart.total".to_owned()),
            file: file.to_owned(),
            line: 10,
            column: 7,
            is_ignored: false,
            commit: commit.map(str::to_owned),
            first_line: 9,
            lines: vec!["before".to_owned(), "```\n@team fixes #1".to_owned()],
        };
        let begun = begin(&to_raw_value(&report).unwrap(), arrival).unwrap();
        Sample::of(&begun.finish(ScrubLevel::Standard, &|_, _, _| Some(original.clone()), &Rules::default()))
    }

    #[test]
    fn an_issue_shows_the_code_around_its_frames() {
        let sample = sample("src/cart.ts", None);
        assert_eq!(
            frames_with_code(&sample),
            "at Cart.total (src/cart.ts:10:7)\n   9 | before\n> 10 | ```\n@team fixes #1\n"
        );
        assert_eq!(mapped_stack(&sample), "TypeError: x is undefined\n    at Cart.total (src/cart.ts:10:7)\n");
        assert_eq!(links(&sample), "");
    }

    #[test]
    fn a_link_leads_to_the_line_at_the_commit_and_has_only_plain_characters() {
        let commit = "0123456789abcdef0123456789abcdef01234567";
        let link = format!("- [`src/cart.ts:10`](../blob/{commit}/src/cart.ts#L10)\n\n");
        assert_eq!(links(&sample("src/cart.ts", Some(commit))), link);
        for file in
            ["/home/ci/cart.ts", "src/../x.ts", "src/a b.ts", "src/[x](y).ts", "https://x.example/a.ts", "src//a.ts"]
        {
            assert_eq!(links(&sample(file, Some(commit))), "", "{file}");
        }
        for other in ["main", "v1.2.3", "0123456789ABCDEF0123456789abcdef01234567"] {
            assert_eq!(links(&sample("src/cart.ts", Some(other))), "", "{other}");
        }
    }
}
