//! Lines of code around the application's own frames, from source maps or from the failing program's checkout, and the
//! stack in the original source.

use std::fmt::Write;

use autoheal_contract::FileState;
use autoheal_prepare::parse::Frame;
use autoheal_prepare::scrub::mask_home;
use autoheal_prepare::symbolicate::{Checkout, Code};
use autoheal_store::Sample;

use crate::settings::Repository;

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

/// Removes the lines from checkouts of other repositories than the one in which the issue is, unless the sender's operator
/// lets issues in any repository show them. Those lines get no links, because links lead into the issue's repository.
pub fn keep_code_for(repository: &Repository, code: &mut Vec<Code>) {
    let is_here = |checkout: &Checkout| checkout.repository.as_ref().is_some_and(|it| repository.is_remote(it));
    code.retain(|code| code.checkout.as_ref().is_none_or(|checkout| checkout.any_repository || is_here(checkout)));
    for code in code {
        if code.checkout.as_ref().is_some_and(|checkout| !is_here(checkout)) {
            code.commit = None;
        }
    }
}

/// The frames with code, innermost first, each with its lines. A mark stands before the line that failed.
pub(super) fn frames_with_code(sample: &Sample) -> String {
    let mut text = String::new();
    for code in &sample.code {
        let Some(frame) = sample.frames.get(code.frame) else { continue };
        if !text.is_empty() {
            text.push('\n');
        }
        let note = code.checkout.as_ref().map(|checkout| state(checkout.state, code.commit.as_deref()));
        let _always = writeln!(text, "at {}{}", place(frame), note.unwrap_or_default());
        let last = code.first_line.saturating_add(u32::try_from(code.lines.len()).unwrap_or(0));
        let width = last.to_string().len();
        for (number, line) in (code.first_line..).zip(&code.lines) {
            let mark = if Some(number) == frame.line { '>' } else { ' ' };
            let _always = writeln!(text, "{mark} {number:>width$} | {line}");
        }
    }
    text
}

/// The file's state, as the end of a line about it; empty if it is the same as in the commit.
fn state(state: FileState, commit: Option<&str>) -> String {
    let commit = commit.and_then(|commit| commit.get(..12)).map(|commit| format!(" {commit}")).unwrap_or_default();
    match state {
        FileState::Committed => String::new(),
        FileState::Changed => format!(", changed since commit{commit}"),
        FileState::Untracked => format!(", not in commit{commit}"),
        FileState::NotCompared => format!(", not compared with commit{commit}"),
    }
}

/// A list of links to the lines at the commit, relative to the issue, so that they lead into its repository.
/// Empty where the commit is not known or a path has other characters than a closed set.
pub(super) fn links(sample: &Sample) -> String {
    let mut links = String::new();
    for Code { frame, commit, checkout, .. } in sample.code.iter().take(LINKS) {
        let Some(frame) = sample.frames.get(*frame) else { continue };
        let path = checkout.as_ref().map(|checkout| checkout.path.as_str()).or(frame.file.as_deref());
        let (Some(path), Some(line), Some(commit)) = (path, frame.line, commit.as_deref()) else { continue };
        if !is_plain_path(path) || !is_commit(commit) {
            continue;
        }
        let _always = match checkout.as_ref().map_or(FileState::Committed, |checkout| checkout.state) {
            FileState::Untracked => continue,
            // the commit has other lines
            FileState::Changed => writeln!(links, "- [`{path}`](../blob/{commit}/{path})"),
            FileState::Committed | FileState::NotCompared => {
                writeln!(links, "- [`{path}:{line}`](../blob/{commit}/{path}#L{line})")
            }
        };
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
    use autoheal_prepare::{ScrubLevel, Timestamp, begin, prepare};
    use serde_json::json;
    use serde_json::value::to_raw_value;

    use super::*;

    const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";

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
        let commit = COMMIT;
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

    /// A sample with a line of a checkout.
    fn sample_of_checkout(repository: &str, any_repository: bool, state: &str) -> Sample {
        let excerpts = json!([{"file": "/srv/shop/src/cart.py", "line": 10, "path": "src/cart.py", "first_line": 10,
            "lines": ["x"], "state": state}]);
        let code =
            json!({"repository": repository, "commit": COMMIT, "any_repository": any_repository, "excerpts": excerpts});
        let stack =
            "Traceback (most recent call last):\n  File \"/srv/shop/src/cart.py\", line 10, in total\nKeyError: 'x'";
        let report = json!({"error_type": "KeyError", "error_message": "'x'", "stack_trace": stack, "source": "cli",
            "source_code": code});
        let received_at = Timestamp(0);
        let arrival =
            Arrival { project: "default".to_owned(), sender: Sender::Keyed, client: Client::Own, received_at };
        Sample::of(&prepare(&to_raw_value(&report).unwrap(), arrival, ScrubLevel::Standard).unwrap())
    }

    #[test]
    fn lines_say_how_their_file_differs_from_the_commit() {
        for (state, note, link) in [
            ("committed", "", "- [`src/cart.py:10`](../blob/COMMIT/src/cart.py#L10)\n\n"),
            ("changed", ", changed since commit 0123456789ab", "- [`src/cart.py`](../blob/COMMIT/src/cart.py)\n\n"),
            ("untracked", ", not in commit 0123456789ab", ""),
            (
                "not_compared",
                ", not compared with commit 0123456789ab",
                "- [`src/cart.py:10`](../blob/COMMIT/src/cart.py#L10)\n\n",
            ),
        ] {
            let sample = sample_of_checkout("github.com/acme/shop", false, state);
            let shown = format!("at total (/srv/shop/src/cart.py:10){note}\n> 10 | x\n");
            assert_eq!(frames_with_code(&sample), shown, "{state}");
            assert_eq!(links(&sample), link.replace("COMMIT", COMMIT), "{state}");
        }
    }

    #[test]
    fn lines_of_another_repository_are_removed_unless_the_sender_allows_them() {
        let shop = Repository::parse("acme/shop").unwrap();
        let kept = |repository: &str, any: bool| {
            let mut sample = sample_of_checkout(repository, any, "committed");
            keep_code_for(&shop, &mut sample.code);
            (!sample.code.is_empty(), !links(&sample).is_empty())
        };
        assert_eq!(kept("GitHub.com/Acme/Shop", false), (true, true));
        assert_eq!(kept("github.com/ada/shop", false), (false, false));
        assert_eq!(kept("", false), (false, false));
        assert_eq!(kept("gitlab.internal/acme/shop", false), (false, false));
        assert_eq!(kept("github.com/group/acme/shop", false), (false, false));
        assert_eq!(kept("github.com/acme/shop-api", false), (false, false));
        assert_eq!(kept("github.com/ada/shop", true), (true, false));
        // lines from a source map have no checkout
        let mut mapped = sample("src/cart.ts", None);
        keep_code_for(&shop, &mut mapped.code);
        assert_eq!(mapped.code.len(), 1);
    }
}
