//! Secrets that are known by their value: where they are masked, and which values are too common.

use autoheal_contract::Json;
use autoheal_scrub::{KnownSecrets, masked_command};

fn of_variables(variables: &[(&str, &str)]) -> KnownSecrets {
    KnownSecrets::of(&["acme-server"], variables)
}

#[test]
fn a_value_is_masked_in_each_form_in_which_programs_print_it() {
    let known = of_variables(&[("ACME_API_KEY", "a\"b'c $d/é9"), ("DB_PASSWORD", "Summer2026Pass")]);
    for (text, masked) in [
        ("bad password Summer2026Pass", "bad password <secret>"),
        ("bad password 'Summer2026Pass'.", "bad password '<secret>'."),
        ("-pSummer2026Pass", "-p<secret>"),
        ("mysql://root:Summer2026Pass@db", "mysql://root:<secret>@db"),
        ("{\"sent\":\"a\\\"b'c $d/é9\"}", "{\"sent\":\"<secret>\"}"),
        ("{\"body\":\"{\\\"sent\\\":\\\"a\\\\\\\"b'c $d/é9\\\"}\"}", "{\"body\":\"{\\\"sent\\\":\\\"<secret>\\\"}\"}"),
        ("GET /?q=a%22b%27c%20%24d%2F%C3%A99&r=1", "GET /?q=<secret>&r=1"),
        ("q=a%22b%27c+%24d%2F%C3%A99", "q=<secret>"),
        ("+ acme 'a\"b'\\''c $d/é9'", "+ acme '<secret>'"),
        ("<td>a&quot;b&#39;c $d/é9</td>", "<td><secret></td>"),
        ("53756d6d65723230323650617373", "<secret>"),
    ] {
        assert_eq!(known.mask(text), masked, "{text:?}");
    }
    // base64 of `ada:Summer2026Pass`: only the digits of the password itself are certain
    let basic = known.mask("YWRhOlN1bW1lcjIwMjZQYXNz").into_owned();
    assert!(basic.contains("<secret>") && !basic.contains("1bW1lcjIwMjZQYX"), "{basic}");
    assert!(format!("{known:?}").contains("KnownSecrets(") && !format!("{known:?}").contains("Summer"));
}

#[test]
fn common_text_under_a_secrets_name_blanks_nothing() {
    for (name, value, text) in [
        ("DB_PASSWORD", "password", "the password is wrong"),
        ("DB_PASSWORD", "root", "root@localhost cannot log in as root"),
        ("PGPASSWORD", "postgres", "connect to postgres as postgres"),
        ("API_TOKEN", "true", "strict=true"),
        ("API_TOKEN", "8080", "port 8080 is taken"),
        ("APP_SECRET", "localhost", "connect to localhost"),
        ("APP_SECRET", "localhost:8080", "connect to localhost:8080"),
        ("APP_SECRET", "127.0.0.1:8080", "connect to 127.0.0.1:8080"),
        ("APP_SECRET", "1.24.3", "version 1.24.3"),
        ("APP_KEY", "/etc/acme/server.pem", "cannot read /etc/acme/server.pem"),
        ("APP_TOKEN", "./token.txt", "cannot read ./token.txt"),
        ("AUTH", "https://login.example.org/oauth", "GET https://login.example.org/oauth"),
        ("AUTH_TOKEN", "production", "running in production"),
        ("SESSION_KEY", "db.internal.example", "no host db.internal.example"),
        ("APP_PASSWORD", "change-me", "change-me is the default"),
        ("APP_PASSWORD", "aaaaaaaa", "aaaaaaaa"),
        ("APP_PASSWORD", "${SECRET_FROM_VAULT}", "${SECRET_FROM_VAULT} is empty"),
        ("DESKTOP_SESSION", "ubuntu-xorg", "ubuntu-xorg"),
        ("PWD", "/srv/acme", "cd /srv/acme"),
        ("PATH", "/usr/bin:/bin", "/usr/bin:/bin"),
        ("HOSTNAME", "build-agent-17", "on build-agent-17"),
    ] {
        assert_eq!(of_variables(&[(name, value)]).mask(text), text, "{name}={value}");
    }
}

#[test]
fn a_word_as_a_password_is_masked_in_sentences_and_not_in_paths() {
    let known = of_variables(&[("DB_PASSWORD", "swordfish")]);
    assert_eq!(known.mask("bad password swordfish."), "bad password <secret>.");
    assert_eq!(known.mask("user=ada, password 'swordfish'"), "user=ada, password '<secret>'");
    for text in ["at /srv/swordfish/app.py:3", "import swordfish.client", "no table swordfish_orders", "swordfishes"] {
        assert_eq!(known.mask(text), text);
    }
    // the name of the program is a password, too
    let known = KnownSecrets::of(&["/opt/inventory/bin/inventory"], &[("DB_PASSWORD", "inventory")]);
    assert_eq!(known.mask("the inventory cannot start"), "the inventory cannot start");
}

#[test]
fn the_parts_of_a_value_are_secrets_too() {
    let known = of_variables(&[
        ("DATABASE_URL", "postgres://ada:Winter2025Word@db:5432/shop"),
        ("API_KEYS", "first1Key2Value, second1Key2Value"),
        ("AUTH_HEADER_TOKEN", "Bearer q7Zk2Wm9Xc4V"),
        ("BASIC_AUTH", "ada:Autumn2024Word"),
        ("SIGNING_KEY", "-----BEGIN X-----\nMIIEvQIBADANBgkqhkiG9w0BAQ\n-----END X-----"),
        ("CACHE_URL", "redis://ada:p%40ss2022Word@cache:6379"),
        ("BACKUP_COMMAND", "mysqldump -uroot -pSpring2023Word shop"),
    ]);
    for value in [
        "Winter2025Word",
        "first1Key2Value",
        "second1Key2Value",
        "q7Zk2Wm9Xc4V",
        "Autumn2024Word",
        "MIIEvQIBADANBgkqhkiG9w0BAQ",
        "Spring2023Word",
        "p@ss2022Word",
        "p%40ss2022Word",
    ] {
        assert_eq!(known.mask(&format!("bad {value}")), "bad <secret>");
    }
}

#[test]
fn secrets_of_a_calls_parameters_are_known_by_their_names() {
    let json = |text: &str| serde_json::from_str::<Json>(text).unwrap();
    let known = KnownSecrets::default().with_json(&json(
        r#"{"name":"login","arguments":{"user":"ada-lovelace","password":"Summer2026Pass","keys":{"api_key":["q7Zk2Wm9Xc4V"]}}}"#,
    ));
    assert_eq!(known.mask("ada-lovelace: Summer2026Pass, q7Zk2Wm9Xc4V"), "ada-lovelace: <secret>, <secret>");
    let mut answer = json(r#"{"Summer2026Pass":["Summer2026Pass",7]}"#);
    known.mask_json(&mut answer);
    assert_eq!(serde_json::to_string(&answer).unwrap(), r#"{"<secret>":["<secret>",7]}"#);
}

#[test]
fn a_quoted_secret_is_masked_as_a_whole() {
    for (words, masked) in [
        (&["mysql", "-pmy pass'word", "shop"][..], "mysql -p<secret> shop"),
        (&["acme", "--password", "a, b} c\"d"], "acme --password <secret>"),
        (&["acme", "--api-key=a b c"], "acme --api-key=<secret>"),
        (&["sh", "-c", "mysql -p'my pass'\\''word' shop"], "sh -c mysql -p'<secret>' shop"),
        (&["sh", "-c", "exec redis-cli -a \"my pass\" ping"], "sh -c exec redis-cli -a \"<secret>\" ping"),
        (&["ssh", "host", "sudo sh -c \"mysql -p'a b' shop\""], "ssh host sudo sh -c \"mysql -p'<secret>' shop\""),
        (&["curl", "-H", "Cookie: a=b; c=d", "https://a.example/"], "curl -H Cookie: a=<secret> https://a.example/"),
    ] {
        assert_eq!(masked_command(words).join(" "), masked);
    }
}

#[test]
fn printed_commands_name_secrets_too() {
    for line in [
        "+ mysql -uroot -pSummer2026Pass shop",
        "++ mysql -uroot -pSummer2026Pass shop",
        "+backup.sh:12: mysql -uroot -pSummer2026Pass shop",
        "+backup.sh:12> mysql -uroot -pSummer2026Pass shop",
        "+ DB_PASSWORD=Summer2026Pass",
        "$ redis-cli -a Summer2026Pass ping",
        "> acme --api-key Summer2026Pass",
        "htpasswd -b .htpasswd ada Summer2026Pass",
    ] {
        let known = KnownSecrets::default().with_traces(&format!("start\n{line}\nend"));
        assert_eq!(known.mask("cannot log in with Summer2026Pass"), "cannot log in with <secret>", "{line}");
    }
    let text = "+ cd /srv/app\n+ make -j 8 all\n> webpack --mode production\n--- a/x\n+++ b/x\n+    return 42\n$ ls";
    let known = KnownSecrets::default().with_traces(text);
    assert_eq!(known.mask(text), text);
}

/// A text of a megabyte, and a value whose first letters fill it.
#[test]
fn masking_takes_linear_time() {
    let known = of_variables(&[("API_KEY", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaab1cd")]);
    let text = "a".repeat(1 << 20);
    assert_eq!(known.mask(&text), text);
}
