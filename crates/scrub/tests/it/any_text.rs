//! Random text: scrubbing does not panic, removes planted secrets, and changes nothing the second time.

use autoheal_scrub::{Level, scrub_with};

/// Pieces of text that trigger the rules, to be joined in random order.
const PIECES: &[&str] = &[
    " ",
    "\n",
    "\t",
    "\"",
    "'",
    "\\",
    "\\\"",
    "\\\\\\\"",
    "\\n",
    ":",
    "=",
    "=>",
    "==",
    "::",
    "://",
    "@",
    "%40",
    ".",
    ",",
    ";",
    "&",
    "?",
    "#",
    "-",
    "--",
    "_",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    "<",
    ">",
    "|",
    "/",
    "$",
    "*",
    "a",
    "x",
    "7",
    "42",
    "é",
    "日本",
    "\u{200b}",
    "\0",
    "🦀",
    "password",
    "token",
    "secret",
    "key",
    "api_key",
    "cookie",
    "Authorization",
    "session",
    "pin",
    "Bearer ",
    "basic ",
    "Digest ",
    "null",
    "unexpected ",
    "missing ",
    "4111111111111111",
    "4111 1111 1111 1111",
    "1700000000000",
    "ann@example.com",
    "git",
    "1.2.3",
    "https://",
    "user:pass@",
    "host",
    "example.com",
    ".js",
    ":12:34",
    "/home/ann/x.js",
    "C:\\x\\y.js",
    "10.0.0.1",
    "localhost",
    "<secret>",
    "<token>",
    "<email>",
    "<",
    "secret>",
    "sk-",
    "ghp_",
    "npm_",
    "xoxb-",
    "AKIA",
    "AIza",
    "eyJ",
    "B0",
    "hooks.slack.com/services/T0/",
    "-----BEGIN PRIVATE KEY-----",
    "-----END PRIVATE KEY-----",
    "q7Zk2Wm9Xc4Vb1Nn8Lp3",
    "abcdefghijklmnopqrstuvwxyz",
    "-u ",
    "--password ",
    "--token=",
    "\u{1b}[31m",
    "\u{1b}[0m",
    "\\u001b[0m",
    "\\u200b",
    "：",
    "“",
    "→",
    "密码",
    "mot de passe",
    "password:\n",
    "password\n",
    "[\"token\"]=>\n",
    "string(8) \"",
    "[pin] => ",
    "secret 5 ",
    "password......",
    "IDENTIFIED BY ",
    "[smtp]:587 ada:",
    "\"\" => \"",
    "Token token=\"",
    "Pwd={",
    "Unseal Key 1: ",
    "<input type=password value=",
    "variable \"token\" { default = \"",
    "\" -> \"",
    "WIFI:S:n;P:",
    "{\"kty\":\"oct\",\"k\":\"",
    "PASS ",
    "USER ada\n",
    "a1 LOGIN ada ",
    "334 UGFzc3dvcmQ6\n",
    "db:5432:shop:ada:",
    "ada:q7Zk2W@10.0.0.1",
    "htpasswd -b f ada ",
    "net use /user:",
    "echo ada:q7Zk | chpasswd",
    "http -a ada:",
    "user,password\n",
    "| user | token |\n",
    "---\n",
    "ada,",
    "(name, password) VALUES ('ada', '",
    "(token) FROM stdin;\n",
    "parameters: (",
    ":protected]",
    "s:8:\"password\";s:3:\"",
];

fn random_text(random: &mut fastrand::Rng) -> String {
    let mut text = String::new();
    for _ in 0..random.usize(0..14) {
        match random.u8(0..12) {
            0 => text.push(random.char(..)),
            _ => text.push_str(PIECES[random.usize(..PIECES.len())]),
        }
    }
    text
}

fn rounds() -> usize {
    if cfg!(debug_assertions) { 20_000 } else { 2_000_000 }
}

#[test]
fn scrubbing_twice_changes_nothing_more() {
    let seed = fastrand::u64(..);
    println!("seed {seed}");
    let mut random = fastrand::Rng::with_seed(seed);
    for _ in 0..rounds() {
        let text = random_text(&mut random);
        for level in [Level::Standard, Level::Strict] {
            let once = scrub_with(&text, level).into_owned();
            assert_eq!(scrub_with(&once, level), once, "seed {seed}, {level:?}: {text:?}");
        }
    }
}

#[test]
fn planted_secrets_are_removed_in_any_context() {
    let seed = fastrand::u64(..);
    println!("seed {seed}");
    let mut random = fastrand::Rng::with_seed(seed);
    let secrets = [
        (concat!("gh", "p_"), "q7Zk2Wm9Xc4Vb1Nn8Lp3Rt6Ys5Hd0Gfq7Zk2", ""),
        (concat!("https", "://"), "ann:q7Zk2Wm9Xc4V", "@host"),
        ("password=", "q7Zk2Wm9Xc4V", " "),
        ("\"password\":\"", "q7Zk2Wm9Xc4V", "\""),
        ("Authorization: Bearer ", "q7Zk2Wm9Xc4V", "\n"),
        ("?access_token=", "q7Zk2Wm9Xc4V", "&"),
        ("", "4111111111111111", ""),
        ("", "ann.example@example.com", ""),
    ];
    for _ in 0..rounds() / 4 {
        let (before, secret, after) = secrets[random.usize(..secrets.len())];
        // only complete words around it: half a quote or half an address may change the kind of the secret
        let around = |random: &mut fastrand::Rng| -> String {
            let words = [
                "at f (x.js:1:2)",
                "日本",
                "see https://a.b/c?d=e",
                "{\"a\":1}",
                "token",
                "-32602",
                "<email>",
                "the user:",
                "\n",
                "1.2.3,",
            ];
            (0..random.usize(0..4)).map(|_| words[random.usize(..words.len())].to_owned() + " ").collect()
        };
        let text = format!("{}{before}{secret}{after} {}", around(&mut random), around(&mut random));
        let scrubbed = scrub_with(&text, Level::Standard);
        assert!(!scrubbed.contains(secret), "seed {seed}: {text:?} became {scrubbed:?}");
    }
}
