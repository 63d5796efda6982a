//! Tests of each rule: text that must change, with the result, and text that must stay.

use std::borrow::Cow;

use autoheal_scrub::{Level, is_secret_key, scrub, scrub_with};

/// Checks cases of text and its expected result. Reports all failing cases at once.
fn check(level: Level, cases: &[(&str, &str)]) {
    let mut wrong = String::new();
    for (before, after) in cases {
        let scrubbed = scrub_with(before, level);
        let twice = scrub_with(&scrubbed, level);
        let is_borrowed = matches!(scrubbed, Cow::Borrowed(_));
        if scrubbed != *after || twice != scrubbed || is_borrowed != (before == after) {
            wrong += &format!(
                "\n from {before:?}\n  got {scrubbed:?}\n want {after:?}\ntwice {twice:?}, borrowed: {is_borrowed}\n"
            );
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

fn check_changes(cases: &[(&str, &str)]) {
    check(Level::Standard, cases);
}

fn check_unchanged(texts: &[&str]) {
    for text in texts {
        check(Level::Standard, &[(text, text)]);
    }
}

/// A token made at run time, so that secret scanners find no credential in this file.
fn token(prefix: &str, length: usize) -> String {
    let letters = "q7Zk2Wm9Xc4Vb1Nn8Lp3Rt6Ys5Hd0Gf";
    prefix.chars().chain(letters.chars().cycle().take(length)).collect()
}

#[test]
fn credentials_in_headers() {
    check_changes(&[
        ("Authorization: Bearer abc123", "Authorization: Bearer <token>"),
        ("authorization: bearer abc", "authorization: bearer <token>"),
        ("Authorization: Basic dXNlcjpwYXNz", "Authorization: Basic <token>"),
        ("Authorization: hunter2 and more", "Authorization: <secret>"),
        (r#"{"Authorization":"Bearer a.b.c","x":1}"#, r#"{"Authorization":"Bearer <token>","x":1}"#),
        (concat!("https://hooks.slack", ".com/services/T0000/B0000/ab12"), "https://hooks.slack.com/services/<token>"),
        (r#"{"headers":{"authorization":["Bearer a","b"]}}"#, r#"{"headers":{"authorization":["<secret>"]}}"#),
        (
            "curl -H 'Authorization: Bearer abc123' https://a.b/c",
            "curl -H 'Authorization: Bearer <token>' https://a.b/c",
        ),
        ("Authorization: Digest username=\"x\", response=\"y\"\nHost: a", "Authorization: Digest <token>\nHost: a"),
        ("sent Bearer q7Zk2Wm9Xc4V to it", "sent Bearer <token> to it"),
        ("Cookie: a=b; c=d\nHost: x", "Cookie: <secret>\nHost: x"),
        ("Set-Cookie: sid=31d4; Path=/; HttpOnly\r\nHost: x", "Set-Cookie: <secret>\r\nHost: x"),
        ("X-Api-Key: 12345", "X-Api-Key: <secret>"),
        ("Mcp-Session-Id: 1868a90c", "Mcp-Session-Id: <secret>"),
    ]);
    check_unchanged(&[
        "Bearer token is missing",
        "WWW-Authenticate: Bearer realm=\"example\", error=\"invalid_token\"",
        "Basic authentication failed",
        "a basic problem",
        "forbearer 1234567",
        "Authorization: Bearer <token>",
        "Authorization: required",
    ]);
}

#[test]
fn values_under_secret_keys() {
    check_changes(&[
        ("password=hunter2", "password=<secret>"),
        ("password = hunter2", "password = <secret>"),
        ("pwd:hunter2, next", "pwd:<secret>, next"),
        ("password: hunter2 and so on", "password: <secret> and so on"),
        ("Invalid password: hunter2", "Invalid password: <secret>"),
        ("DB_PASSWORD=a,b;c d", "DB_PASSWORD=<secret> d"),
        ("Server=x;Password=hunter2;Database=y", "Server=x;Password=<secret>;Database=y"),
        ("(token=abc)", "(token=<secret>)"),
        ("{user=bob,password=hunter2,port=1}", "{user=bob,password=<secret>,port=1}"),
        (r#"{"password":"hun\"ter2","a":1}"#, r#"{"password":"<secret>","a":1}"#),
        (r#"{"pin": 1234}"#, r#"{"pin": "<secret>"}"#),
        (r#"{"otp":123456,"n":1}"#, r#"{"otp":"<secret>","n":1}"#),
        (r#""{\"client_secret\":\"x y\",\"a\":\"b\"}""#, r#""{\"client_secret\":\"<secret>\",\"a\":\"b\"}""#),
        (r#"\\\"token\\\":\\\"a\\\", \\\"b\\\":1"#, r#"\\\"token\\\":\\\"<secret>\\\", \\\"b\\\":1"#),
        (r#"{"message":"failed with password=hunter2\nat x"}"#, r#"{"message":"failed with password=<secret>\nat x"}"#),
        ("{ apiKey: 'x', other: 'y' }", "{ apiKey: '<secret>', other: 'y' }"),
        ("{\"secrets\": [\"a\", \"b\"], \"c\": 1}", "{\"secrets\": [\"<secret>\"], \"c\": 1}"),
        ("headers['x-api-key'] = 'abc'", "headers['x-api-key'] = '<secret>'"),
        ("user[password]=hunter2&a=b", "user[password]=<secret>&a=b"),
        ("\"password\" => \"hunter2\"", "\"password\" => \"<secret>\""),
        ("password: \"cut off he", "password: \"<secret>"),
        ("aws_secret_access_key = wJalrXUt/K7MDENG", "aws_secret_access_key = <secret>"),
        ("card_number: 12", "card_number: <secret>"),
        ("API key: abc123", "API key: <secret>"),
        ("the session id = abc123", "the session id = <secret>"),
        ("token=Bearer abc def", "token=Bearer <token> def"),
    ]);
    check_unchanged(&[
        "Cannot read properties of undefined (reading 'token')",
        "Unexpected token < in JSON at position 0",
        "Unexpected token: '}'",
        "Unexpected token : in JSON",
        "Unexpected token = in JSON",
        "missing secret: FOO",
        "password is required",
        "invalid token",
        "token: expected string",
        "password: must be at least 8 characters",
        "login(user: string, password: string): Promise<void>",
        "token: undefined",
        "{\"password\":null,\"token\":\"\"}",
        "{\"token\":{\"type\":\"string\"}}",
        "const token = getToken()",
        "password: this.password,",
        "if (token === other) token => token.length",
        "primary key: id, user id: 12",
        "signature: (name: string) => void",
        "password != other",
        "PWD=/home/me/project",
        "max_tokens: 4096, tokens: 12, token_count=3",
        "author: Ann, authority=x, keyboard: de, monkey=1, primary_key: id, key: name",
        "ExpiredToken: The provided token has expired",
        "std::secret::Box: not found",
        "progressToken: 3",
        "password=<secret>",
        "password: ******",
    ]);
}

#[test]
fn secrets_on_command_lines() {
    check_changes(&[
        ("mysql --password hunter2 -h db", "mysql --password <secret> -h db"),
        ("mysql --password=hunter2 -h db", "mysql --password=<secret> -h db"),
        ("tool --api-key \"a b\" x", "tool --api-key \"<secret>\" x"),
        (r#"["--token","abc","x"]"#, r#"["--token","<secret>","x"]"#),
        ("curl -u admin:hunter2 https://a.b", "curl -u <credentials> https://a.b"),
        ("curl --user 'admin:hunter2' https://a.b", "curl --user '<credentials>' https://a.b"),
    ]);
    check_unchanged(&[
        "docker run -u 1000:1000 image",
        "tool --token --verbose",
        "sort -u file",
        "tool --max-tokens 5",
        "a --password",
        "tool --password-stdin now",
    ]);
}

#[test]
fn secrets_in_urls() {
    check_changes(&[
        ("https://user:pass@host/x", "https://<credentials>@host/x"),
        ("postgres://u:p%40x@db:5432/app", "postgres://<credentials>@db:5432/app"),
        ("redis://:pass@cache:6379", "redis://<credentials>@cache:6379"),
        ("https://me:p@ss@host/", "https://<credentials>@host/"),
        ("https://a.b/c?access_token=abc&x=1", "https://a.b/c?access_token=<secret>&x=1"),
        ("https://a.b/c?x=1&sig=a%2Fb#top", "https://a.b/c?x=1&sig=<secret>#top"),
        ("https://a.b/c#access_token=abc&x=1", "https://a.b/c#access_token=<secret>&x=1"),
        ("f@https://a.b/c.js?token=abc:12:34\ng", "f@https://a.b/c.js?token=<secret>:12:34\ng"),
        ("at f (https://a.b/c.js?token=abc:12:34)", "at f (https://a.b/c.js?token=<secret>:12:34)"),
        ("https://a.b/?email=me%40example.com&x", "https://a.b/?email=<email>&x"),
    ]);
    check_unchanged(&[
        "http://localhost:8080/file.js:12:34",
        "https://a.b/c?page=2&sort=name#top",
        "ssh://git@github.com/a/b.git",
        "fn@http://host/file.js:1:2",
        "who@http://localhost:5000/misc/@stuff/foo.js:3:9",
        "webpack:///./src/token.js:12:3",
        "https://host/src/auth:12:3",
    ]);
}

#[test]
fn addresses() {
    check_changes(&[
        ("mail to ann.b+c@example.com.", "mail to <email>."),
        ("<ann@example.co.uk>", "<<email>>"),
        ("ann@example.com:25", "<email>:25"),
        ("jörg@büro.de", "<email>"),
        (r"to\nann@example.com\n", r"to\n<email>\n"),
        ("user@163.com", "<email>"),
        ("mailto:ann@example.com?subject=x", "mailto:<email>?subject=x"),
    ]);
    check_unchanged(&[
        "user@ mentions @you",
        "node_modules/@scope/pkg/index.js",
        "foo@1.2.3",
        "github.com/a/b@v1.2.3-rc.one/c.go",
        "react@18.3.0-canary.one",
        "value@index.android.bundle:12:1917",
        "f@app.js:10",
        "logo@2x.png",
        "git@github.com:a/b.git",
        "root@localhost",
        "obj[\"@fn\"]@Scratchpad/1:10:29",
        "Array<string>@Foo",
    ]);
}

#[test]
fn tokens_with_prefixes() {
    let secrets = [
        token(concat!("gh", "p_"), 36),
        token(concat!("gh", "o_"), 36),
        token(concat!("gh", "u_"), 36),
        token(concat!("gh", "s_"), 36),
        token(concat!("gh", "r_"), 36),
        token(concat!("github", "_pat_"), 60),
        token(concat!("npm", "_"), 36),
        token(concat!("sk", "-proj-"), 40),
        token(concat!("sk", "_live_"), 24),
        token(concat!("pk", "_live_"), 24),
        token(concat!("rk", "_live_"), 24),
        token(concat!("xox", "b-"), 30),
        token(concat!("glpat", "-"), 20),
        token(concat!("AI", "za"), 35),
        concat!("AK", "IA", "Q7ZK2WM9XC4VB1NN").to_owned(),
        concat!("AS", "IA", "Q7ZK2WM9XC4VB1NN").to_owned(),
        [token(concat!("ey", "J"), 20), token(concat!("ey", "J"), 30), token("", 20)].join("."),
        [token(concat!("ey", "J"), 20), token("", 30)].join("."),
    ];
    for secret in secrets {
        for (before, after) in [("", ""), ("with ", " it"), ("(", ")"), (r"a\n", r"\nb"), ("x=", ","), ("\"", "\"")] {
            check_changes(&[(&format!("{before}{secret}{after}"), &format!("{before}<token>{after}"))]);
        }
    }
    check_unchanged(&[
        "npm_config_registry npm_package_name npm_lifecycle_event",
        "task-force-one sk-fading-circle sk_buff",
        "AKIAS and ASIAN and AIzaak",
        "eyJust.a.word",
        "xoxb-short",
        "ghp_x",
    ]);
}

#[test]
fn private_keys() {
    let (begin, end) = (concat!("-----BEGIN RSA PRIV", "ATE KEY-----"), concat!("-----END RSA PRIV", "ATE KEY-----"));
    let line = token("", 64);
    check_changes(&[
        (&format!("a\n{begin}\n{line}\n{line}\nabc=\n{end}\nb"), "a\n<private-key>\nb"),
        (&format!(r#"{{"k":"{begin}\n{line}\n{end}\n"}}"#), r#"{"k":"<private-key>\n"}"#),
        (&format!("{begin}\n{line}\n{line}\nabc"), "<private-key>"),
        (&format!("{begin}\n{line}\nat f (x.js:1:2)"), "<private-key>\nat f (x.js:1:2)"),
        (&format!("{begin}\nshort\n{end}"), "<private-key>"),
    ]);
    check_unchanged(&[
        concat!("expected -----BEGIN PRIV", "ATE KEY----- but got this"),
        "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----",
        "-----BEGIN PUBLIC KEY-----\nMIIB\n-----END PUBLIC KEY-----",
        "----------------",
    ]);
}

#[test]
fn card_numbers() {
    check_changes(&[
        ("4111111111111111", "<card>"),
        ("card 4111 1111 1111 1111.", "card <card>."),
        ("4111-1111-1111-1111,", "<card>,"),
        ("3782 822463 10005", "<card>"),
        ("378282246310005", "<card>"),
        ("x: 5555555555554444 6011111111111117", "x: <card> <card>"),
        ("12 4111 1111 1111 1111 35", "12 <card> 35"),
        ("2223003122003222", "<card>"),
        ("30569309025904", "<card>"),
        (r"a\n4111111111111111", r"a\n<card>"),
    ]);
    check_unchanged(&[
        "-32602 503 1.2.3",
        "line 12345 of 67890",
        "4111111111111112",
        "1700000000000 1700000000000000 1712345678901234567",
        "0.4111111111111111",
        "41111111111111111111111111111111",
        "a4111111111111111",
        "9111111111111111",
        "550e8400-e29b-41d4-a716-446655440000",
        "12345678-1234-4234-8234-123456789012",
        "3f786850e387550fdab836ed7e6dc881de23001b",
        "2024-01-02T03:04:05.678Z",
        "+4111111111111111",
    ]);
}

#[test]
fn names_of_secrets() {
    let secret = "password PASSWD pwd userPassword secret client_secret clientSecret token access_token refreshToken api_key apikey \
        apiKey APIKey x-api-key X_API_KEY Authorization proxy-authorization auth x-auth basic_auth cookie set-cookie Cookies \
        session sessionid session_id Mcp-Session-Id connect.sid credential credentials private_key privateKey access_key \
        secret_key otp totp_code_otp pin userPin signature x-amz-signature sig ssn card_number cardNumber cvv cvc jwt id_token \
        csrfToken db_pass passphrase aws_secret_access_key SECRET_KEY_BASE password2 user%5Bpassword%5D signing_key encryptionKey";
    for key in secret.split_ascii_whitespace() {
        assert!(is_secret_key(key), "{key} names a secret");
    }
    let harmless = "tokens max_tokens maxTokens token_count tokenCount token_type tokenizer author authority authors keyboard monkey \
        primary_key foreign_key public_key key keys cache_key hotkey spin mapping pinned opinion passed compass bypass passenger \
        passwordLength password_policy cookieEnabled session_timeout secretary authorization_endpoint progressToken next_page_token \
        nextToken designature_count assign signal side inside aside oauth_url name file.js data obsession_level monkeys passive";
    for key in harmless.split_ascii_whitespace() {
        assert!(!is_secret_key(key), "{key} names no secret");
    }
    assert!(is_secret_key(&("x".repeat(1000) + "_password")));
}

#[test]
fn stacks_stay_readable() {
    check_unchanged(&[
        "TypeError: x is not a function\n    at Object.<anonymous> (/app/src/auth/token.js:12:34)\n    at node:internal/main:1:2",
        "f/<@https://example.com/app.js:10:2\nasync*g@https://example.com/app.js line 3 > eval:1:1\n[native code]",
        "at async Promise.all (index 0)\n    at new Foo<Bar, Baz>(C:\\Users\\x\\app.js:1:2)",
    ]);
    assert_eq!(scrub(""), "");
}

#[test]
fn the_strict_level_hides_paths_and_hosts() {
    check(
        Level::Strict,
        &[
            (
                "at f (https://example.com:8080/a/b.js?v=1&w=x:12:34)",
                "at f (https://<host><path>?v=<value>&w=<value>:12:34)",
            ),
            ("f@http://localhost/a.js:1:2", "f@http://<host><path>:1:2"),
            ("open '/home/ann/x.txt' failed", "open '<path>' failed"),
            ("at g (C:\\Users\\ann\\x.js:1:2)", "at g (<path>:1:2)"),
            ("connect ECONNREFUSED 10.0.0.7:5432", "connect ECONNREFUSED <host>"),
            ("listen EADDRINUSE [::1]:80 2001:db8::7", "listen EADDRINUSE [<host>]:80 <host>"),
            ("std::fs::read at 12:34:56, dead::beef", "std::fs::read at 12:34:56, dead::beef"),
            ("getaddrinfo ENOTFOUND db.example.com", "getaddrinfo ENOTFOUND <host>"),
            ("https://u:p@example.com/x", "https://<credentials>@<host><path>"),
            ("file:///home/ann/a.js:1:2", "file://<path>:1:2"),
            ("import src/app/main.ts", "import <path>"),
            ("password=x", "password=<secret>"),
            ("window.app.start(1) and/or application/json 1.2.3", "window.app.start(1) and/or application/json 1.2.3"),
            ("MCP error -32602: 503", "MCP error -32602: 503"),
        ],
    );
}
