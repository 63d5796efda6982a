//! The cost of scrubbing: linear for hostile text, and small for clean text.

use std::hint::black_box;
use std::time::Duration;

use autoheal_scrub::{Level, scrub, scrub_with};

/// CPU time of this thread, so that other work of the machine does not count.
fn cpu_time() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), u32::try_from(time.tv_nsec).unwrap_or(0))
}

fn fastest(text: &str, level: Level) -> Duration {
    let run = |_| {
        let start = cpu_time();
        black_box(scrub_with(black_box(text), level));
        cpu_time() - start
    };
    let runs = if cfg!(debug_assertions) { 2 } else { 5 };
    (0..runs).map(run).min().unwrap_or_default()
}

/// Four times the text takes four times as long if the work is linear, and sixteen times if it is quadratic. A limit of
/// twelve tolerates a busy machine.
#[test]
fn hostile_text_takes_linear_time() {
    let begin = concat!("-----BEGIN PRIV", "ATE KEY-----");
    let units = [
        "a",
        "1",
        "@",
        ":",
        "=",
        "-",
        "_",
        "\\",
        "\"",
        "'",
        "%40",
        "a@",
        "a.",
        "eyJ",
        "-eyJ",
        "eyJ.",
        "eyJaaaaaaa.",
        "sk-",
        "://",
        "://a",
        "a://a:",
        "token:[",
        "token:[\"",
        "token:[\"\",",
        "token=\"",
        "token:'[\"",
        "password=",
        "password=\\",
        "password= ",
        "Bearer ",
        "bearer a",
        "--",
        "--a ",
        "-u ",
        "4111 ",
        "4111-",
        "4",
        "a.b",
        "B/",
        "/B",
        "[",
        "token=,a",
        "token=a,,,,",
        "cookie:",
        "cookie: a",
        "xoxb-",
        "npm_",
        "ghp_",
        "a/b@",
        "?a=",
        "/a",
        "a:1",
        "é",
        "é@é.",
        "<secret>",
        "\"token\":",
        "\\\"token\\\":\\\"",
        "A\u{0}",
        begin,
        "-----BEGIN ",
        "Unexpected token: ",
        "hf_",
        "glpat-",
        "SG.",
        "1//",
        "M.aaaaaa.",
        "Q~",
        "12345678:AA",
        "-p ",
        "mysql -p",
        "redis-cli -a ",
        "name:token ",
        "name=\"",
        "value:\\\"",
        "<password>",
        "<a",
        "&lt;",
        "%3A",
        "%22token%22%3A",
        "\\u0022token\\u0022:",
        "/reset/",
        "?code=",
        "AUTH ",
        "password ",
        "password is ",
        "api key ",
        "'a',",
        "(\"token\",",
        "AA00 ",
        "000-00-",
        "0x0",
        "phone:1",
        "password: Some(",
        "token: str = ",
        "token=\"\"\"",
        "token=a(",
        "token: |\n",
        "token: |\n  a\n",
        "token=[",
        "form-data; name=\"token\"\n",
        "Private-Lines: 999\n",
        "LS0tLS1CRUdJTiBSU0Eg",
        "sqlplus a/b",
        "\u{1b}[",
        "\u{1b}[0m",
        "pass\u{200b}word=",
        "\\u200b",
        "\\\\u00",
        "：",
        "密码：",
        "mot de passe :",
        "\"a b",
        "password:\n",
        "password\n",
        "token: # ",
        "a,password\n",
        "| token | a |\n",
        "USER TOKEN\n",
        "token\n---\n",
        "(token) values ",
        "(token) values (1,'",
        "(token)values(",
        "(token) from stdin\na",
        "token,\\n",
        "\"token\",\"",
        "PASS ",
        "PASS a\n",
        "LOGIN a ",
        "a1 LOGIN \"",
        "login ",
        "334 UGFzc3dvcmQ6\n",
        "a:1:a:a:",
        "a:*:*:a:",
        "a:b1@1.1.1.1",
        "@1.",
        "htpasswd -b a ",
        "_password ",
        "rabbitmqctl add_user a ",
        "echo a:| chpasswd",
        "net use /user:a ",
        " /p:",
        "/add",
        "http -a a:",
        "-U a:",
        "<input value=",
        "<input/value=",
        "type=\"token\" { default = \"",
        "{default=\"",
        "<secret>\" -> ",
        "WIFI:S:P:",
        ";P:",
        "\"k\":\"a1",
        "'x-token', '",
        "secret ",
        "password.....",
        "identified by ",
        "]:1 a:",
        "a : PSK \"",
        "put-parameter --value ",
        "::set-output name=token::",
        "pwd={",
        "Key 1: ",
        "token: \"\" => \"",
        "authorization: token token=",
        "[token]=>",
        "[token] => a",
        "[token] => a Object ",
        "[token] => [filtered] ",
        "cookie: [filtered] ",
        "cookie: <secret> ",
        "cookie: $(a) ",
        "cookie: •• ",
        "authorization: digest <secret> ",
        "s:5:\"token\";",
        "authorization: bearer\n ",
        "authorization: bearer\n",
        "token: !vault ",
        "token: !!str ",
        "token: !",
        "token: header ",
        "password for a: ",
        "password for a: b1c2d3e",
        "assword: send \"",
        "assword: send \"a\\r\" ",
        "assword: send \\",
        "expect:",
        "4829 is your ",
        " code is 4829",
        "{:token, \"",
        "{token,<<\"",
        "identified via a ",
        "identified via a using '",
        "identified via a using 'a' or ",
        "<<<",
        "kinit <<< ",
        "snmpget -c ",
        "rar -hp",
        "/login?code=",
        "/login?a=1&code=a1b2c3d4",
        "AC0123456789abcdef0123456789abcdef:",
        "identified by 'a' replace '",
        "expect \"password\" send ",
        "phone is +1",
        "phone (a) +1",
        "token: &a ",
        "IBAN: ",
        "iban=A1 ",
        "A1 ",
        "passport no: 1 ",
        "ssn 078 05 112",
        "phone no.:1",
        "[\"token\":\"a\\",
    ];
    for unit in units {
        for level in [Level::Standard, Level::Strict] {
            let size = if cfg!(debug_assertions) { 2_000 } else { 100_000 };
            let (small, large) = (unit.repeat(size / unit.len()), unit.repeat(4 * size / unit.len()));
            let (short, long) = (fastest(&small, level), fastest(&large, level));
            let allowed = short.max(Duration::from_micros(200)) * 12;
            assert!(
                long < allowed,
                "{unit:?} at {level:?}: {short:?} for {size} bytes, {long:?} for four times the bytes"
            );
        }
    }
}

/// Prints the throughput. Run it with `cargo test --release -p autoheal-scrub --test it -- --ignored --nocapture clean_text`.
#[test]
#[ignore = "a measurement"]
fn clean_text_is_scrubbed_fast() {
    let stack = "TypeError: Cannot read properties of undefined (reading 'length')\n    at renderRow (https://app.example.com/assets/main.3f2a1b9c.js:12:3456)\n    \
        at Object.callTool (https://app.example.com/assets/vendor.99ab12ef.js:1:20391)\n    at async MCPClient.request (webpack-internal:///./src/client.ts:88:17)\n    \
        at process.processTicksAndRejections (node:internal/process/task_queues:95:5)\n";
    let prose = "the quick brown fox jumps over the lazy dog and nothing of it is of any interest to anybody\n";
    let log = "2026-03-01T08:15:27.412Z INFO  http: GET /api/v1/orders/8812?page=2&sort=date 200 in 12.7ms bytes=5120 client=web-3\n\
        2026-03-01T08:15:27.498Z WARN  [worker-7] retrying job_id=550e8400-e29b-41d4-a716-446655440000 (attempt 2/5): connection reset, backoff 400ms\n\
        Mar  1 08:15:28 node3 kubelet[1182]: I0301 08:15:28.001123 1182 kuberuntime.go:212] \"Syncing pod\" pod=\"shop/cart-6f7d9c5b8-x2x9q\" attempts=1\n\
        {\"level\":\"info\",\"ts\":1767225600.123,\"msg\":\"cache refreshed\",\"entries\":1834,\"took_ms\":41,\"path\":\"/var/lib/shop/cache.db\"}\n\
        npm WARN deprecated rimraf@3.0.2: Rimraf versions prior to v4 are no longer supported\n";
    for (name, unit) in [("stack traces", stack), ("prose", prose), ("logs", log)] {
        let text = unit.repeat(4_000_000 / unit.len());
        assert!(matches!(scrub(&text), std::borrow::Cow::Borrowed(_)));
        let time = fastest(&text, Level::Standard);
        println!("{name}: {:.0} MB/s", text.len() as f64 / 1e6 / time.as_secs_f64());
    }
}
