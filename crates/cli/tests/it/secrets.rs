//! Secrets that `run` and `mcp` know from the command and its variables: no report holds them, whoever repeats them.

use serde_json::{Value, json};

use crate::wrapped::{Wrapped, needs, with_input};

const SECRET: &str = "Summer2026Pass";

/// A command that fails and repeats the secret of its command line or of its variables.
fn check(variables: &[(&str, &str)], command: &[&str]) -> Value {
    let wrapped = Wrapped::new();
    // no service listens there, so the report stays in the spool
    let mut run = wrapped.run(&["--url", "http://127.0.0.1:9"], command);
    let output = run.envs(variables.iter().copied()).output().unwrap();
    assert!(!output.status.success(), "{output:?}");
    let file = std::fs::read_dir(wrapped.spool()).unwrap().flatten().find(|file| file.path().extension().is_some());
    let spooled = std::fs::read_to_string(file.expect("a spooled report").path()).unwrap();
    assert!(!spooled.contains(SECRET), "{command:?}: {spooled}");
    serde_json::from_str::<Value>(&spooled).unwrap()["report"].clone()
}

#[test]
fn a_secret_of_the_command_is_in_no_text_of_the_report() {
    let says = format!("echo 'bad password {SECRET}' >&2; echo 'Basic U3VtbWVyMjAyNlBhc3M=' >&2; exit 3");
    let report = check(&[], &["sh", "-c", &says, "app", "--password", SECRET]);
    assert!(report["command"].as_str().unwrap().contains("--password <secret>"), "{report:#}");
    let script =
        format!("set -x; mysql() {{ echo \"denied: {SECRET}\" >&2; return 1; }}; mysql -uroot -p{SECRET} shop");
    let report = check(&[], &["sh", "-c", &script]);
    assert!(report["error_message"].as_str().unwrap().contains("<secret>"), "{report:#}");
}

#[test]
fn a_secret_of_a_variable_is_in_no_text_of_the_report() {
    for (name, value) in [
        ("ACME_API_KEY", SECRET.to_owned()),
        ("DB_PASSWORD", SECRET.to_owned()),
        ("DATABASE_URL", format!("postgres://ada:{SECRET}@db:5432/shop")),
    ] {
        let says = format!("echo 'LoginError: {SECRET} was refused by server 7' >&2; exit 1");
        // the command does not name the secret, so a file has the text
        let wrapped = Wrapped::new();
        let file = wrapped.file("app.sh", &says);
        let report = check(&[(name, &value)], &["sh", file.to_str().unwrap()]);
        let message = report["error_message"].as_str().unwrap();
        assert!(message.contains("<secret> was refused by server 7"), "{name}: {report:#}");
    }
}

#[test]
fn a_common_word_as_a_password_blanks_nothing() {
    let says = "echo 'postgres: cannot connect to localhost as postgres' >&2; exit 1";
    let report = check(&[("PGPASSWORD", "postgres"), ("APP_SECRET", "localhost")], &["sh", "-c", says]);
    assert!(report["error_message"].as_str().unwrap().contains("connect to localhost as postgres"), "{report:#}");
}

const SERVER: &str = r#"import json, os, sys
for line in sys.stdin:
    request = json.loads(line)
    if "id" not in request: continue
    result = {}
    if request["method"] == "initialize":
        result = {"protocolVersion": "2025-11-25", "capabilities": {}, "serverInfo": {"name": "shop", "version": "1.2"}}
    elif request["method"] == "tools/call":
        said = [os.environ["ACME_API_KEY"], sys.argv[2], request["params"]["arguments"]["password"]]
        print("refused:", *said, file=sys.stderr, flush=True)
        result = {"isError": True, "content": [{"type": "text", "text": "refused: " + " ".join(said)}]}
    print(json.dumps({"jsonrpc": "2.0", "id": request["id"], "result": result}), flush=True)
"#;

#[tokio::test]
async fn secrets_of_a_server_and_of_a_call_are_in_no_text_of_the_report() {
    needs("python3", "apt install python3");
    let wrapped = Wrapped::new();
    wrapped.file("server.py", SERVER);
    let [variable, option, argument] = ["Summer2026Pass", "Winter2025Word", "Autumn2024Word"];
    let mut mcp = wrapped.mcp(&[], &["python3", "server.py", "--api-key", option]);
    mcp.env("ACME_API_KEY", variable);
    let message = |id: u64, method: &str, params: Value| {
        json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params}).to_string() + "\n"
    };
    let greeting =
        json!({"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}});
    let call = json!({"name": "login", "arguments": {"user": "ada", "password": argument}});
    let input = message(1, "initialize", greeting) + &message(2, "tools/call", call);
    let output = with_input(mcp, input.as_bytes());
    // the client gets every byte
    assert!(String::from_utf8_lossy(&output.stdout).contains(&format!("refused: {variable} {option} {argument}")));
    let sample = wrapped.only().await;
    let text = sample.to_string();
    assert!(![variable, option, argument].iter().any(|secret| text.contains(secret)), "{sample:#}");
    assert_eq!(sample["report"]["error_message"], "login: refused: <secret> <secret> <secret>", "{sample:#}");
}
