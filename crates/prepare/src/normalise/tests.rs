//! Tests of normalisation: texts that must become equal, texts that must stay different, and properties of any text.

mod rules;

use super::normalise_message;
use crate::cpu_time::cpu_time;

#[test]
fn each_kind_has_its_placeholder() {
    let cases = [
        ("took 1503 ms, 1,234,567 rows, -5 and 1.5e-7", "took <n> ms, <n> rows, <n> and <n>"),
        ("user 550e8400-e29b-41d4-a716-446655440000 gone", "user <id> gone"),
        ("commit 3f786850e387550f at 0x7ffe12", "commit <id> at <id>"),
        ("req_8f3a9c1d failed", "req_<id> failed"),
        ("id V1StGXR8Z5jdHi6BmyT", "id <id>"),
        ("GET https://a.example.com:80/x?y=1#z, failed", "GET <url>, failed"),
        ("POST /login?user=a&password=<secret> now", "POST <path> now"),
        ("jdbc https://<credentials>@h/db?token=<secret>&x=1 down", "jdbc <url> down"),
        ("open '/home/ann/My Documents/x.txt'", "open '<path>'"),
        ("(see http://h/p)", "(see <url>)"),
        ("open '/home/ann/x.txt'", "open '<path>'"),
        ("open C:\\Users\\ann\\x.txt", "open <path>"),
        ("in src/app/main.ts:12:3.", "in src/app/main.ts."),
        ("at 2024-01-31T10:20:30.123Z, 31/01/2024 and 10:20:30", "at <date>, <date> and <date>"),
        ("connect ECONNREFUSED 127.0.0.1:5432", "connect ECONNREFUSED <host>"),
        ("connect ECONNREFUSED ::1:5432", "connect ECONNREFUSED <host>"),
        ("ENOTFOUND db.example.com", "ENOTFOUND <host>"),
        ("localhost:3000 refused", "<host> refused"),
        ("Loading chunk 42 failed (main.3f2a1b9c.js)", "Loading chunk <n> failed (main.<hash>.js)"),
        ("needs node 18.2.0 or v20.1", "needs node <version> or <version>"),
        ("[type=int_parsing, input_value='x', input_type=str]", "[type=int_parsing, input_value=<value>]"),
        ("  a \n\t b  ", "a b"),
    ];
    for (before, after) in cases {
        assert_eq!(normalise_message(before), after, "from {before:?}");
    }
}

#[test]
fn protocol_codes_words_and_placeholders_stay() {
    for text in [
        "MCP error -32602: Invalid params",
        "Request failed with status code 503",
        "HTTP 404 Not Found (429)",
        "sha256 utf8 http2 x86_64 base64 ipv6 es2022 h2c",
        "Cannot read properties of undefined (reading 'length')",
        "<token> for <email> at <path>",
        "and/or text/html application/json",
        "window.app.start is not a function",
        "Unexpected token < in JSON",
        "a::b::c",
        "deadbeef cafe",
    ] {
        assert_eq!(normalise_message(text), text);
    }
}

#[test]
fn occurrences_of_one_error_become_one_text() {
    for (one, other) in [
        ("timeout after 503 ms", "timeout after 30000 ms"),
        ("timeout after 500ms", "timeout after 1200ms"),
        ("Unexpected token in JSON at position 404", "Unexpected token in JSON at position 12"),
        ("ENOENT: no such file, open '/home/ann/a.json'", "ENOENT: no such file, open '/Users/bob/b.json'"),
        ("ENOENT: open 'C:\\Users\\ann\\a.json'", "ENOENT: open 'D:\\b.json'"),
        ("fetch https://eu.example.com/a?id=1 failed", "fetch https://us.example.com/b failed"),
        ("connect ECONNREFUSED 10.0.0.1:5432", "connect ECONNREFUSED [::1]:5432"),
        ("session 3f786850e387550f expired", "session 99ab12ef expired"),
        ("expired at 2024-01-31T10:20:30Z", "expired at 2025-12-01 01:02:03.456+02:00"),
        ("Loading chunk 1 failed (/assets/1.js)", "Loading chunk 7 failed (/assets/7.js)"),
        ("index-BkX3d9Zq.js broke", "index-Qa7Lm2Xy.js broke"),
        ("row  12\nfailed", "row 7 failed"),
        ("open '/home/<user>/a.json'", "open '/srv/b.json'"),
        ("open '/home/<user>/My Documents/a.json'", "open '/srv/b.json'"),
        ("open /home/<user>/a.json", "open /srv/b.json"),
        ("open C:\\Users\\<user>\\a.json", "open /srv/b.json"),
        ("[type=a, input_value={'b, c': 1}, input_type=dict]", "[type=a, input_value='[]', input_type=str]"),
        (
            "b\n  bad [type=a, input_value=1, input_type=int]\nc\n  bad [type=a, input_value=2, input_type=int]",
            "b\n  bad [type=a, input_value='é', input_type=str]\nc\n  bad [type=a, input_value=[], input_type=list]",
        ),
    ] {
        assert_eq!(normalise_message(one), normalise_message(other));
    }
}

#[test]
fn different_errors_stay_different() {
    for (one, other) in [
        ("error -32602", "error -32603"),
        ("status 503", "status 404"),
        ("reading 'a'", "reading 'b'"),
        ("sha256 failed", "sha512 failed"),
        ("main.3f2a1b9c.js failed", "vendor.3f2a1b9c.js failed"),
        ("connect ECONNREFUSED 10.0.0.1", "connect ETIMEDOUT 10.0.0.1"),
        ("[type=int_parsing, input_value=1, input_type=a]", "[type=missing, input_value=1, input_type=a]"),
    ] {
        assert_ne!(normalise_message(one), normalise_message(other));
    }
}

/// Parts of random texts. Each is recognised by itself or changes how its neighbours are recognised.
const PIECES: &[&str] = &[
    " ",
    "\n",
    "\"",
    "'",
    "(",
    ")",
    "[",
    "]",
    ":",
    "::",
    "/",
    "//",
    "://",
    ".",
    ",",
    "-",
    "+",
    "_",
    "<",
    ">",
    "%",
    "@",
    "~",
    "\\",
    "#",
    "=",
    "e",
    "v",
    "x",
    "1",
    "42",
    "503",
    "-32602",
    "1.2.3",
    "1.5",
    "2024-01-31",
    "10:20:30",
    "T",
    "Z",
    "ms",
    "http",
    "https://a.b/c",
    "C:\\x",
    "/home/a",
    "src/a.js",
    ".js",
    "main",
    "3f2a1b9c",
    "BkX3d9Zq",
    "550e8400-e29b-41d4-a716-446655440000",
    "0x1f",
    "127.0.0.1",
    "localhost",
    "a.com",
    "blob:",
    "data:",
    "<n>",
    "<id>",
    "<url>",
    "<path>",
    "<host>",
    "<hash>",
    "<date>",
    "<version>",
    "<user>",
    "é",
    "日本",
    "\u{200b}",
    "🦀",
    "\0",
    "status",
    "line ",
    "input_value=",
    ", input_type=",
    "`",
    "$",
    "P1D",
    "1h",
    "2m3s",
    "KiB",
    "4K",
    "Nov",
    "Thu, ",
    "26 ",
    "2026",
    "GMT",
    "20261126",
    "value ",
    "string: ",
    "id=",
    "code ",
    "exit ",
    "ORA-",
    "arn:aws:s3",
    "0a:1b:2c:3d:4e:5f",
    "-7d4b9c6f5d-x2x9q",
    ")=(",
    " is not valid",
    "\\\\",
    "Program Files\\",
    "./",
    "config/",
    ".yaml",
    ", ",
    "<value>",
    "<pod>",
    "<size>",
    "<duration>",
    "行",
    "٤",
];

#[test]
fn normalised_text_stays_the_same() {
    let seed = fastrand::u64(..);
    println!("seed {seed}");
    let mut random = fastrand::Rng::with_seed(seed);
    for _ in 0..if cfg!(debug_assertions) { 20_000 } else { 1_000_000 } {
        let piece = |random: &mut fastrand::Rng| {
            if random.u8(0..12) == 0 {
                random.char(..).to_string()
            } else {
                PIECES[random.usize(..PIECES.len())].to_owned()
            }
        };
        let text: String = (0..random.usize(0..12)).map(|_| piece(&mut random)).collect();
        let once = normalise_message(&text);
        assert_eq!(normalise_message(&once), once, "seed {seed}: {text:?}");
    }
}

/// Beginnings of what the rules look for.
const HOSTILE: [&str; 28] = [
    "'",
    "value '",
    "\"",
    "(",
    ")=(",
    "@1",
    "a@1",
    "a$b1",
    "-bbbbbb",
    "a-bbbbb",
    "1h",
    "1.1h",
    "P1.1D",
    "1K",
    "Nov 1 ",
    "nov",
    "1/Nov/",
    "C:\\a ",
    "\\\\a",
    "./a",
    "a/b.js ",
    "id=a1",
    "1, ",
    "'<id>', ",
    "arn:aws:",
    "a1:",
    "requires a ",
    "string: ",
];

/// Four times the text may take four times as long. The limit of twelve tolerates a busy machine, and quadratic time,
/// which would be sixteen, exceeds it.
#[test]
fn hostile_text_costs_linear_time() {
    let fastest = |text: &str| {
        let run = |_| {
            let start = cpu_time();
            std::hint::black_box(normalise_message(std::hint::black_box(text)));
            cpu_time() - start
        };
        (0..5).map(run).min().unwrap_or_default()
    };
    let units = [
        "a", "1", "1.", "1,", ":", "::", "1:", "/", "/@", "@/", "a@", "a/", "a.", "a-", "<", "<a", "[", "[:", "://",
        "a://", "é", "_", "1_", "-1", "v1.", "~/", " ", "data:", "1e", "a/a@",
    ];
    for unit in units.into_iter().chain(["input_value=", "/<a>", "'/<a>"]).chain(HOSTILE) {
        let size = if cfg!(debug_assertions) { 4_000 } else { 50_000 };
        let (small, large) = (unit.repeat(size / unit.len()), unit.repeat(4 * size / unit.len()) + "x");
        let (short, long) = (fastest(&small), fastest(&large));
        assert!(long < short.max(std::time::Duration::from_micros(200)) * 12, "{unit:?}: {short:?}, then {long:?}");
    }
}
