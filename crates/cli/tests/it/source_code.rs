//! Lines of the working tree in the issues of failed commands: only from a checkout of the issue's repository, unless the
//! operator chose otherwise.

use std::process::Command;

use autoheal_test_support::StandIn;
use serde_json::{Value, json};

use crate::healing::{place_for, settled};
use crate::wrapped::{Wrapped, needs};

const PROGRAM: &str = "def load(prices):\n    return prices['tea']\n\ndef main():\n    load({})\n\nmain()\n";
const KEY: &str = "made-up-sender-key";

/// A checkout with this remote, in which `shop.py` fails.
fn checkout(remote: &str) -> Wrapped {
    needs("python3", "apt install python3");
    let wrapped = Wrapped::new();
    git(&wrapped, &["init", "-q"]);
    git(&wrapped, &["remote", "add", "origin", remote]);
    wrapped.file("shop.py", PROGRAM);
    git(&wrapped, &["add", "shop.py"]);
    git(&wrapped, &["-c", "user.name=t", "-c", "user.email=t@example.com", "commit", "-q", "-m", "one"]);
    wrapped
}

fn git(wrapped: &Wrapped, words: &[&str]) {
    assert!(Command::new("git").args(words).current_dir(wrapped.path()).status().unwrap().success(), "git {words:?}");
}

fn fail(wrapped: &Wrapped, options: &[&str]) {
    let output = wrapped.run(options, &["python3", "shop.py"]).output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{output:?}");
}

/// The body of the issue that a service opens in `acme/shop` for the failure of this checkout.
async fn issue(wrapped: &mut Wrapped, options: &[&str]) -> String {
    let github = StandIn::start().await;
    assert_eq!(github.repository(), "acme/shop");
    let place = place_for(&github);
    wrapped.place.arguments = place.arguments.clone();
    wrapped.place.variables.extend(place.variables.clone());
    fail(wrapped, options);
    let serve = wrapped.serve().await;
    settled(&serve, &["awaiting_approval"]).await;
    github.issues()[0].body.clone()
}

#[tokio::test]
async fn a_sample_has_the_lines_around_each_frame_and_whether_the_file_differs() {
    let wrapped = checkout("https://github.com/acme/shop.git");
    wrapped.file("shop.py", &format!("{PROGRAM}# changed\n"));
    fail(&wrapped, &[]);
    let sample = wrapped.only().await;
    let code = sample["code"].as_array().unwrap();
    assert_eq!(code.len(), 3, "{sample:#}");
    assert_eq!((&code[0]["frame"], &code[0]["first_line"]), (&json!(0), &json!(1)));
    let lines = ["def load(prices):", "    return prices['tea']", "", "def main():"];
    assert_eq!(code[0]["lines"], json!(lines));
    let place = json!({"repository": "github.com/acme/shop", "path": "shop.py", "state": "changed"});
    assert_eq!(code[0]["checkout"], place);
    assert!(sample["report"].get("source_code").is_none(), "stored once");
    let preview = sample["preview"]["body"].as_str().unwrap();
    assert!(preview.contains("> 2 |     return prices['tea']"), "{preview}");
    assert!(preview.contains(", changed since commit "), "{preview}");
}

#[tokio::test]
async fn an_issue_shows_the_lines_of_its_own_repository_with_links() {
    let mut wrapped = checkout("git@github.com:Acme/Shop.git");
    let body = issue(&mut wrapped, &[]).await;
    assert!(body.contains("> 2 |     return prices['tea']") && !body.contains("changed since"), "{body}");
    assert!(body.contains("- [`shop.py:2`](../blob/") && body.contains("/shop.py#L2)"), "{body}");
}

#[tokio::test]
async fn an_issue_shows_no_lines_of_a_repository_on_another_host() {
    for remote in ["https://gitlab.internal/acme/shop.git", "ssh://git@github.com/group/acme/shop.git"] {
        let body = issue(&mut checkout(remote), &[]).await;
        assert!(!body.contains("> 2 |") && !body.contains("../blob/"), "{remote}: {body}");
    }
}

#[tokio::test]
async fn an_issue_shows_no_lines_of_a_fork_unless_the_operator_allows_it() {
    let mut fork = checkout("https://github.com/ada/shop.git");
    let body = issue(&mut fork, &[]).await;
    assert!(!body.contains("> 2 |") && !body.contains("../blob/"), "{body}");

    let mut fork = checkout("https://github.com/ada/shop.git");
    let body = issue(&mut fork, &["--source-code", "always"]).await;
    assert!(body.contains("> 2 |     return prices['tea']") && !body.contains("../blob/"), "{body}");
}

#[tokio::test]
async fn no_lines_are_sent_where_the_operator_forbids_it_or_the_sender_is_unknown() {
    let has_code = |sample: &Value| sample["code"].as_array().is_some_and(|code| !code.is_empty());
    for (options, key, expected) in [
        (vec!["--source-code", "never"], Some(KEY), false),
        (vec!["--remote"], Some(KEY), false),
        (vec![], None, false),
        (vec![], Some(KEY), true),
    ] {
        let here = checkout("https://github.com/acme/shop.git");
        let mut there = Wrapped::new();
        there.place.variables.push(("AUTOHEAL_KEY".to_owned(), KEY.to_owned()));
        let serve = there.serve().await;
        let url = format!("http://{}", serve.address);
        let mut run = here.run(&[&["--url", &url], &*options].concat(), &["python3", "shop.py"]);
        run.envs(key.map(|key| ("AUTOHEAL_KEY", key)));
        assert_eq!(run.output().unwrap().status.code(), Some(1));
        let samples = crate::wrapped::samples(&serve).await;
        assert_eq!((samples.len(), has_code(&samples[0])), (1, expected), "{options:?} {key:?}: {samples:#?}");
    }
}
