//! Every spelling of a link in every place outside of fences, judged by a recogniser written from GitHub's documentation
//! of autolinks and closing keywords.

use serde_json::{Value, json};

use super::super::title::{issue_title, safe_name, slug};
use super::super::{ComposedIssue, Occurrences, compose};
use super::*;
use autoheal_prepare::validate::{Arrival, Client, Sender};
use autoheal_prepare::{ScrubLevel, Timestamp, prepare};
use autoheal_store::Sample;

/// The first link in a text: a URL, a mention, a reference to an issue, a commit id, or the id of an advisory. Without one,
/// no closing keyword has anything to close.
fn link_in(text: &str) -> Option<String> {
    let characters: Vec<char> = text.to_lowercase().chars().collect();
    let before = |at: usize, is_in_word: fn(char) -> bool| at == 0 || !is_in_word(characters[at - 1]);
    (0..characters.len()).find_map(|at| {
        let rest: String = characters[at..].iter().take(80).collect();
        let found = rest.starts_with("//")
            || rest.starts_with("www.")
            || rest.starts_with(['#', '@', '!']) && rest[1..].starts_with(|c: char| c.is_alphanumeric())
            || before(at, |c| c.is_ascii_alphanumeric())
                && (is_issue_id(&rest) || is_commit_id(&rest) || is_advisory_id(&rest))
            || before(at, |c| c.is_alphanumeric() || "._-/".contains(c)) && begins_with_host(&rest);
        found.then(|| rest.chars().take(30).collect())
    })
}

/// `gh-1`.
fn is_issue_id(rest: &str) -> bool {
    rest.strip_prefix("gh-").is_some_and(|number| number.starts_with(|c: char| c.is_ascii_digit()))
}

/// `cve-2024-1234` or `ghsa-c3gw-4p7h-j9xq`.
fn is_advisory_id(rest: &str) -> bool {
    rest.strip_prefix("cve-").is_some_and(|number| number.starts_with(|c: char| c.is_ascii_digit()))
        || rest.strip_prefix("ghsa-").is_some_and(|id| id.starts_with(|c: char| c.is_ascii_alphanumeric()))
}

/// 7 to 40 hexadecimal digits.
fn is_commit_id(rest: &str) -> bool {
    let word: String = rest.chars().take_while(char::is_ascii_alphanumeric).collect();
    (7..=40).contains(&word.len()) && word.chars().all(|c| c.is_ascii_hexdigit())
}

/// `a.example/` or `a.example:80/`.
fn begins_with_host(rest: &str) -> bool {
    let (host, _path) = rest.split_once('/').unwrap_or_default();
    let (host, port) = host.split_once(':').unwrap_or((host, ""));
    let labels: Vec<&str> = host.trim_end_matches('.').split('.').collect();
    labels.len() > 1
        && labels.iter().all(|label| {
            label.contains(char::is_alphanumeric) && label.chars().all(|c| c.is_alphanumeric() || "-_".contains(c))
        })
        && (labels.len() == 4 || labels.last().is_some_and(|last| last.contains(char::is_alphabetic)))
        && port.chars().all(|c| c.is_ascii_digit())
}

/// Every spelling of a reference, a mention and a URL, each alone and after every closing keyword.
fn spellings() -> Vec<String> {
    let links = [
        "#1",
        "GH-1",
        "gh-1",
        "Gh-42",
        "octo/repo#1",
        "octo/repo.js#26",
        "octo@0badc0de1",
        "octo/repo@0badc0de1",
        "0badc0d",
        "0BADC0DE",
        "da39a3ee5e6b4b0d3255bfef95601890afd80709",
        "1234567",
        "20261122",
        "deadbeef",
        "facadecafe",
        "DEADBEEF",
        "defaced",
        "abcdefabcdefabcdefabcdefabcdefabcdefabcd",
        "octo/repo@deadbeef",
        "repo#1",
        "octo#1",
        "octo/repo#1",
        "ada@evil.example",
        "mailto:ada@evil.example",
        "xmpp:ada@evil.example/room",
        "CVE-2024-1234",
        "cve-2021-44228",
        "GHSA-c3gw-4p7h-j9xq",
        "ghsa-2222-3333-4444",
        "@ada",
        "@octo/team",
        "https://github.com/octo/repo/issues/1",
        "http://evil.example",
        "HTTPS://evil.example/a?b=c#d",
        "ftp://a.example/x",
        "demo://x/1",
        "file:///etc/passwd",
        "://evil.example",
        "https:///evil.example/x",
        "www.evil.example",
        "WWW.evil.example/path",
        "evil.example/path",
        "a-b.evil.example:8080/path",
        "evil.example:/path",
        "127.0.0.1/admin",
        "127.0.0.1:8787/admin",
        "beispiel-ü.example/weg",
        "例え.jp/path",
        "evil.example./path",
        "javascript://evil.example/%0a",
        "user:password@evil.example/x",
        "//evil.example/path",
        "https:////evil.example/path",
    ];
    let verbs = ["close", "closes", "closed", "fix", "fixes", "fixed", "resolve", "resolves", "resolved"];
    let mut spellings: Vec<String> = links.iter().map(|link| (*link).to_owned()).collect();
    for link in links {
        for verb in verbs {
            spellings.push(format!("{verb} {link}"));
            spellings.push(format!("{}: {link}", verb.to_uppercase()));
            spellings.push(format!("{verb}:{link}"));
            spellings.push(format!("{verb}  : {link}"));
        }
        for (before, after) in
            [("(", ")"), ("a, ", "."), ("_", "_"), ("'", "'"), ("x=", ";"), ("é", "é"), ("\u{200b}", "\u{301}")]
        {
            spellings.push(format!("{before}{link}{after}"));
        }
    }
    spellings
}

fn composed(report: &Value) -> ComposedIssue {
    let raw = serde_json::value::RawValue::from_string(report.to_string()).unwrap();
    let received_at = Timestamp::parse("2026-11-22T08:00:00Z").unwrap();
    let arrival =
        Arrival { project: "default".to_owned(), sender: Sender::Anonymous, client: Client::Own, received_at };
    let record = prepare(&raw, arrival, ScrubLevel::Standard).unwrap();
    let releases = vec![(report["release"].as_str().unwrap_or_default().to_owned(), 1)];
    let occurrences = Occurrences {
        count: 1,
        known_count: 0,
        clients: 0,
        first_seen: received_at,
        last_seen: received_at,
        releases,
        raised: None,
        members: vec![],
    };
    compose(&Sample::of(&record), None, record.fingerprint(), record.severity(), &occurrences)
}

/// The lines of an issue outside of its fences.
fn outside_of_fences(body: &str) -> String {
    let mut in_fence = false;
    let outside = body.lines().filter(|line| {
        let is_border = line.starts_with("```");
        in_fence ^= is_border;
        !in_fence && !is_border && !line.starts_with("<!-- autoheal:fp=")
    });
    outside.collect::<Vec<_>>().join("\n")
}

#[test]
fn the_recogniser_finds_every_spelling() {
    for text in spellings().iter().filter(|text| !text.contains('é')) {
        assert!(link_in(text).is_some(), "{text:?}");
    }
}

#[test]
fn no_spelling_of_a_link_passes_in_any_place() {
    for text in spellings() {
        let report = json!({
            "error_type": text, "error_message": text, "class": text, "release": text, "environment": text, "command": text,
            "server": {"name": text, "version": text}, "source": "mcp_tool", "exit": {"signal": text},
            "rpc": {"method": text, "tool": text, "transport": text, "protocol_version": text, "code": 1_234_567, "duration_ms": 12_345_678.0},
            "context": {"client": text, "stack_from": text, "userAgent": text, "method": text, "timestamp": text},
            "system": {"os": text, "arch": text, "runtime": format!("{text} {text}1.0")},
        });
        let issue = composed(&report);
        let title = issue.title.strip_prefix("[Auto-Generated] ").unwrap();
        assert_eq!(link_in(title), None, "{text:?} in the title {title:?}");
        let outside = outside_of_fences(&issue.body);
        let outside = outside.replace("2026-11-22T08:00:00Z", "");
        assert_eq!(link_in(&outside.replace("# Auto", "Auto")), None, "{text:?} in {outside}");
        let slug = slug(&text);
        for place in [format!("auto-fix/issue-5-{slug}"), format!("Fix {slug} of issue 5")] {
            assert_eq!(link_in(&place), None, "{text:?} in {place:?}");
        }
    }
}

#[test]
fn a_cut_makes_no_link() {
    for length in 0..60 {
        for link in
            ["0badc0de1g", "da39a3ee5e6b4b0d3255bfef95601890afd80709e1", "123456789012x", "GH-12", "a.example/x"]
        {
            let text = format!("{}{link}", "x ".repeat(length));
            for shown in [
                safe_name(&text, 40),
                slug(&text),
                issue_title("E", &text.repeat(8)),
                issue_title("Er", &text.repeat(8)),
            ] {
                assert_eq!(link_in(shown.trim_start_matches('[')), None, "{text:?} shown as {shown:?}");
            }
        }
    }
}

#[test]
fn random_text_is_shown_without_links_and_a_second_time_unchanged() {
    let seed = std::env::var("SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or_else(|| fastrand::u64(..));
    println!("SEED={seed}");
    let mut random = fastrand::Rng::with_seed(seed);
    let pieces = [
        ":", "/", "//", ".", "-", "_", " ", "www", "gh", "GH-", "1", "0bad", "c0de", "f", "g", "example", "é", "例",
        "(", "=", "1234", "80", "a", "dead", "beef", "CVE-", "ghsa",
    ];
    for _ in 0..3_000 {
        let text: String = (0..random.usize(0..14)).map(|_| pieces[random.usize(..pieces.len())]).collect();
        let characters = random.usize(1..40);
        let shown = without_links(&text, characters);
        assert_eq!(link_in(&shown), None, "SEED={seed}, text {text:?} shown as {shown:?}");
        assert!(shown.chars().count() <= characters, "SEED={seed}, text {text:?} shown as {shown:?}");
        assert_eq!(without_links(&shown, characters), shown, "SEED={seed}, text {text:?}");
        let shown = slug(&text);
        assert_eq!(link_in(&shown), None, "SEED={seed}, text {text:?} shown as {shown:?}");
        assert_eq!(slug(&shown), shown, "SEED={seed}, text {text:?}");
    }
}

#[test]
fn a_commit_id_of_letters_and_the_id_of_an_advisory_stay_readable() {
    for (text, shown) in [
        ("deadbeef", "deadbe_ef"),
        ("facadecafe at defaced", "facade_cafe at deface_d"),
        ("facade, decade, beaded", "facade, decade, beaded"),
        ("feedback and faceless", "feedback and faceless"),
        ("CVE-2024-1234", "CVE_2024-1234"),
        ("GHSA-c3gw-4p7h-j9xq", "GHSA_c3gw-4p7h-j9xq"),
        ("cve-count, ghsa-", "cve-count, ghsa-"),
        // a prefix that a repository may have chosen for its own links
        ("TICKET-123", "TICKET-123"),
    ] {
        assert_eq!(without_links(text, 80), shown);
        assert_eq!(without_links(shown, 80), shown, "a second call changes nothing");
    }
    assert_eq!(slug("DeadBeef CVE-2024-1234"), "deadbe-ef-cve2024-1234");
}

#[test]
fn names_stay_readable() {
    for name in [
        "/srv/app/main.py",
        "java.lang.IllegalStateException",
        "src/app.js:3",
        "/usr/lib/python3.11/site-packages/a.py",
        "node_modules/lodash.js/index.js",
        "C:/app/main.rs:10:5",
        "std::sync::PoisonError",
        "and/or",
        "1.5/2",
        "2026-11-22T08:00:00Z",
        "12:30:45.123",
        "30000",
        "E0308",
        "0xC0000005",
        "v1.2.3-rc.1",
        "http:",
        "high-5",
        "UTF-8",
        "tools/call",
        "./src/app.js",
        "../lib/x.py",
        "requests.exceptions.Timeout",
        "3.14159",
    ] {
        assert_eq!(safe_name(name, 80), name);
        assert_eq!(issue_title("E", name), format!("[Auto-Generated] E: {}", name.trim_end_matches(':')));
    }
    for (name, shown) in [
        ("https://evil.example/do_this", "https:evil_example/do_this"),
        ("file:///srv/app/main.py", "file:/srv/app/main.py"),
        ("demo://orders/7", "demo:orders/7"),
        ("www.evil.example", "www_evil_example"),
        ("127.0.0.1:8787/x", "127_0_0_1:8787/x"),
        ("GH-12", "GH_12"),
        ("order 12345678", "order_12_345_678"),
        ("550e8400-e29b-41d4-a716-446655440000", "550e84_00-e29b-41d4-a716-446_655_440_000"),
    ] {
        assert_eq!(safe_name(name, 80), shown);
    }
    assert_eq!(slug("gh-1"), "gh1");
    assert_eq!(slug("0badc0de1 of GH-1234567"), "0badc0-de1-of-gh1234567");
}

#[test]
fn names_that_become_pictures_are_shown_as_text() {
    for (text, shown) in [
        (":rocket: deploy failed", ":rocket_: deploy failed"),
        ("std::lock::Mutex", "std::lock_::Mutex"),
        ("app.js:100:5", "app.js:100_:5"),
        (":shipit::+1::x:", ":shipit_::+1_::x_:"),
        (":rocket:rocket:", ":rocket_:rocket_:"),
        ("std::io::Error at 12:34:56: no :such_name: here", "std::io::Error at 12:34:56: no :such_name: here"),
        ("rocket: a", "rocket: a"),
    ] {
        assert_eq!(without_links(text, 200), shown);
        assert_eq!(without_links(shown, 200), shown);
    }
    let title = issue_title("E", ":rocket: std::lock::Mutex");
    assert_eq!(title, "[Auto-Generated] E: :rocket_: std::lock_::Mutex");
}
