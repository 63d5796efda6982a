//! The sets of secrets and of harmless texts in the files beside this one, each text in every position of a report.

use autoheal_contract::Json;
use autoheal_scrub::{Level, scrub, scrub_json, scrub_with};

const SECRETS: &str = include_str!("secrets.txt");
const HARMLESS: &str = include_str!("harmless.txt");

/// A text with one secret in it.
struct Case {
    kind: &'static str,
    source: &'static str,
    text: String,
    secret: String,
}

fn lines(set: &'static str) -> impl Iterator<Item = Vec<&'static str>> {
    let is_text = |line: &&str| !line.is_empty() && !line.starts_with('#');
    set.lines().filter(is_text).map(|line| line.splitn(3, " | ").collect())
}

fn cases() -> Vec<Case> {
    let case = |parts: Vec<&'static str>| {
        let [kind, source, text] = parts.try_into().expect("kind, source and text");
        let text = filled(text);
        let (before, rest) = text.split_once('⟦').expect("the start of the secret");
        let (secret, after) = rest.split_once('⟧').expect("the end of the secret");
        Case { kind, source, text: [before, secret, after].concat(), secret: secret.to_owned() }
    };
    lines(SECRETS).map(case).collect()
}

/// The text with made-up characters for `{a20}` and the like, so that no scanner of secrets stops at the file.
fn filled(text: &str) -> String {
    let mut filled = String::new();
    let mut rest = text;
    while let Some(open) = rest.find('{') {
        let (head, tail) = rest.split_at(open);
        filled.push_str(head);
        let name = tail[1..].split('}').next().unwrap_or_default();
        let letters = match name.get(..1) {
            Some("a") => "q7Zk2Wm9Xc4Vb1Nn8Lp3Rt6Ys5Hd0GfJj",
            Some("h") => "3f8a1c9e0b7d4526e1",
            Some("n") => "928374650182736455",
            Some("U") => "Q7ZK2WM9XC4VB1NN8LP3RT6",
            Some("l") => "q7zk2wm9xc4vb1nn8lp3rt6ys5hd0gf",
            _ => "",
        };
        let count = name.get(1..).and_then(|count| count.parse::<usize>().ok());
        match count {
            Some(count) if !letters.is_empty() => filled.extend(letters.chars().cycle().take(count)),
            _ if name == "x" => {}
            _ => {
                filled.push('{');
                rest = &tail[1..];
                continue;
            }
        }
        rest = &tail[name.len() + 2..];
    }
    (filled + rest).replace('⏎', "\n").replace('␍', "\r")
}

/// The text in every position of a report in which it stays what it is.
fn positions(text: &str, is_in_urls: bool) -> Vec<(&'static str, String)> {
    let json = serde_json::to_string(text).expect("a text is JSON");
    let mut positions = vec![
        ("alone", text.to_owned()),
        ("message", format!("request 12 failed: {text}")),
        ("two lines", format!("start\n{text}\nend of it")),
        ("JSON value", format!("{{\"level\":\"info\",\"msg\":{json},\"n\":1}}")),
        ("JSON in JSON", serde_json::json!({ "body": format!("{{\"msg\":{json}}}") }).to_string()),
        ("log line", format!("2026-03-01T08:15:27.412Z ERROR [worker-7] {text}")),
    ];
    if !text.contains('\n') && !text.contains('\'') {
        positions.push(("command", format!("sh -c '{text}'")));
    }
    let is_word = !text.contains(|c: char| c.is_whitespace() || "\"'`<>{}()[]\\&?#".contains(c));
    if is_word && is_in_urls && !text.contains("://") {
        positions.push(("stack line", format!("    at call ({text}) (/srv/app/main.js:12:34)")));
        positions.push(("URL", format!("GET https://api.example/v1/x?page=1&value={text} 500")));
        positions.push(("frame", format!("run@https://app.example/a.js?v={text}:12:34")));
    }
    positions
}

/// True if the secret, or any eight characters of it, are in the text.
fn is_left(text: &str, secret: &str) -> bool {
    let letters: Vec<char> = secret.chars().collect();
    letters.windows(letters.len().min(8)).any(|part| text.contains(&part.iter().collect::<String>()))
}

fn scrubbed_json(text: &str) -> String {
    let mut json = serde_json::from_str(text).unwrap_or_else(|_| Json::Text(text.to_owned()));
    scrub_json(&mut json, &mut |text| *text = scrub(text).into_owned());
    serde_json::to_string(&json).expect("a JSON value serialises")
}

/// The number of each text that is wrong, and what is wrong.
fn secrets_left() -> Vec<(usize, String)> {
    let mut left = Vec::new();
    for (index, case) in cases().into_iter().enumerate() {
        for (position, text) in positions(&case.text, true) {
            for level in [Level::Standard, Level::Strict] {
                let clean = scrub_with(&text, level);
                if is_left(&clean, &case.secret) || clean.is_empty() {
                    left.push((
                        index,
                        format!("{} ({}), {position}, {level:?}: {text:?} became {clean:?}", case.kind, case.source),
                    ));
                }
                if scrub_with(&clean, level) != clean {
                    left.push((
                        index,
                        format!("{}, twice: {clean:?} became {:?}", case.source, scrub_with(&clean, level)),
                    ));
                }
            }
        }
        let json = scrubbed_json(&case.text);
        if is_left(&json, &case.secret) {
            left.push((index, format!("{} ({}), JSON tree: {json:?}", case.kind, case.source)));
        }
    }
    left
}

fn harmless_changed() -> Vec<(usize, String)> {
    let mut changed = Vec::new();
    for (index, parts) in lines(HARMLESS).enumerate() {
        let text = filled(parts[1]);
        for (position, text) in positions(&text, !text.contains([':', '='])) {
            let clean = scrub(&text);
            if clean != text {
                changed.push((index, format!("{}, {position}: {text:?} became {clean:?}", parts[0])));
            }
        }
    }
    changed
}

fn joined(wrong: &[(usize, String)]) -> String {
    wrong.iter().map(|(_, line)| line.clone() + "\n").collect()
}

#[test]
fn every_secret_of_the_set_is_removed_in_every_position() {
    let left = secrets_left();
    assert!(left.is_empty(), "{} left:\n{}", left.len(), joined(&left));
}

#[test]
fn every_harmless_text_of_the_set_stays_in_every_position() {
    let changed = harmless_changed();
    assert!(changed.is_empty(), "{} changed:\n{}", changed.len(), joined(&changed));
}

#[test]
fn the_sets_are_large_and_each_kind_has_two_sources() {
    let cases = cases();
    assert!(cases.len() >= 200 && lines(HARMLESS).count() >= 120);
    for case in &cases {
        let is_other = |other: &&Case| other.kind == case.kind && other.source != case.source;
        assert!(cases.iter().any(|other| is_other(&other)), "{} has one source", case.kind);
    }
}

/// Prints the four figures as one line of JSON:
/// `cargo test -q -p autoheal-scrub --test it figures_of_the_sets -- --nocapture`.
#[test]
fn figures_of_the_sets() {
    // a text that is wrong in several positions counts once
    let count = |wrong: Vec<(usize, String)>| {
        let mut texts: Vec<usize> = wrong.into_iter().map(|(index, _)| index).collect();
        texts.dedup();
        texts.len()
    };
    println!(
        "{{\"secrets\":{},\"secrets_left\":{},\"harmless\":{},\"harmless_changed\":{}}}",
        cases().len(),
        count(secrets_left()),
        lines(HARMLESS).count(),
        count(harmless_changed())
    );
}
