//! Spooled reports whose text a stranger may have written. They are delivered, but never as reports of a known sender.

use serde_json::{Value, json};

use crate::run_delivery::count_once;
use crate::wrapped::{Wrapped, samples};

const FAILS: [&str; 3] = ["sh", "-c", "echo no price >&2; exit 3"];
const KEY: &str = "made-up-sender-key";

impl Wrapped {
    /// Spools a report of a program that receives calls from strangers.
    fn spool_strangers_report(&self, to: Option<&str>, count: u64) {
        std::fs::create_dir_all(self.spool()).unwrap();
        let report = json!({"error_type": "ToolError", "error_message": "from afar", "source": "mcp_tool",
            "id": "6f2b1a52-6c47-4c49-9f0a-9a3f6f9f3a11", "count": count});
        // an entry without a receiver names the store that it is for
        let store = to.is_none().then(|| self.place.store());
        let spooled = json!({"to": to, "store": store, "sender": "anonymous", "report": report}).to_string();
        std::fs::write(self.spool().join("000000000000001-x.json"), spooled).unwrap();
    }
}

/// The error type and recorded sender of each report.
async fn senders(serve: &crate::place::Serve) -> Vec<(Value, Value)> {
    let samples = samples(serve).await.into_iter();
    let mut senders: Vec<_> =
        samples.map(|sample| (sample["report"]["error_type"].clone(), sample["sender"].clone())).collect();
    senders.sort_by_key(|(error_type, _)| error_type.to_string());
    senders
}

fn expected(run: &str) -> Vec<(Value, Value)> {
    vec![(json!("ToolError"), json!("anonymous")), (json!("exit code 3"), json!(run))]
}

#[tokio::test]
async fn a_strangers_report_is_anonymous_in_the_own_store() {
    let wrapped = Wrapped::new();
    wrapped.spool_strangers_report(None, 250);
    assert_eq!(wrapped.output(&FAILS).status.code(), Some(3));
    assert_eq!(wrapped.spooled(), 0);
    let serve = wrapped.serve().await;
    assert_eq!((senders(&serve).await, serve.count().await), (expected("local"), 251));
}

#[tokio::test]
async fn a_strangers_report_is_anonymous_when_serve_takes_it_from_the_spool() {
    let wrapped = Wrapped::new();
    wrapped.spool_strangers_report(None, 250);
    let serve = wrapped.serve().await;
    count_once(&serve, 250).await;
    assert_eq!(senders(&serve).await, expected("local")[..1]);
    assert_eq!(wrapped.spooled(), 0);
}

#[tokio::test]
async fn a_strangers_report_is_sent_without_the_key() {
    let (here, mut there) = (Wrapped::new(), Wrapped::new());
    there.place.variables.push(("AUTOHEAL_KEY".to_owned(), KEY.to_owned()));
    let serve = there.serve().await;
    let url = format!("http://{}", serve.address);
    here.spool_strangers_report(Some(&url), 250);
    let output = here.run(&["--url", &url], &FAILS).env("AUTOHEAL_KEY", KEY).output().unwrap();
    assert_eq!((output.status.code(), here.spooled()), (Some(3), 0));
    assert_eq!((senders(&serve).await, serve.count().await), (expected("keyed"), 251));
}
