//! `autoheal sourcemaps upload`, against a real service.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

use serde_json::{Value, json};

use crate::place::{Place, Serve, autoheal};
use crate::run_delivery::count_once;
use crate::wrapped::Wrapped;

const KEY: &str = "made-up-sender-key";

/// A directory as a bundler leaves it: a bundle whose map is beside it, one whose map is within it, and other files.
fn dist(place: &Place) -> PathBuf {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../source-maps/tests/fixtures");
    let dist = place.directory.path().join("dist");
    fs::create_dir_all(dist.join("assets")).unwrap();
    fs::create_dir_all(dist.join("node_modules/lib")).unwrap();
    for name in ["bundle.js", "bundle.js.map"] {
        fs::copy(fixtures.join("vite").join(name), dist.join("assets").join(name)).unwrap();
    }
    let inline = "data:application/json,%7B%22version%22:3,%22sources%22:[],%22mappings%22:%22%22%7D";
    fs::write(dist.join("inline.mjs"), format!("export {{}}\n//# sourceMappingURL={inline}\n")).unwrap();
    fs::write(dist.join("plain.js"), "f()\n").unwrap();
    fs::write(dist.join("node_modules/lib/index.js"), "f()\n//# sourceMappingURL=index.js.map\n").unwrap();
    fs::write(dist.join("node_modules/lib/index.js.map"), "{}").unwrap();
    dist
}

/// The frames of the failures of the bundles.
fn recorded() -> Value {
    let recorded = Path::new(env!("CARGO_MANIFEST_DIR")).join("../source-maps/tests/fixtures/stacks.json");
    serde_json::from_slice(&fs::read(recorded).unwrap()).unwrap()
}

async fn serve(place: &mut Place) -> Serve {
    place.variables.push(("AUTOHEAL_KEY".to_owned(), KEY.to_owned()));
    place.serve().await
}

async fn upload(dist: &Path, url: &str, more: &[&str]) -> Output {
    let mut command = autoheal();
    command.args(["sourcemaps", "upload"]).arg(dist).args(["--release", "v1", "--url", url]).args(more);
    command.env("AUTOHEAL_KEY", KEY).output().await.unwrap()
}

fn text(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

#[tokio::test]
async fn an_upload_is_used_by_reports_and_not_repeated() {
    let mut place = Place::new();
    let dist = dist(&place);
    let serve = serve(&mut place).await;
    let url = format!("http://{}", serve.address);
    let before = fs::read_to_string(dist.join("assets/bundle.js")).unwrap();

    let dry = upload(&dist, &url, &["--dry-run"]).await;
    assert!(dry.status.success(), "{}", text(&dry));
    assert!(text(&dry).contains("assets/bundle.js -> ~/assets/bundle.js ("), "{}", text(&dry));
    assert_eq!(fs::read_to_string(dist.join("assets/bundle.js")).unwrap(), before, "a dry run changes nothing");

    let first = upload(&dist, &url, &[]).await;
    assert!(first.status.success(), "{}", text(&first));
    assert!(text(&first).contains("uploaded 2, already there 0, failed 0; 1 files have no map"), "{}", text(&first));
    let injected = fs::read_to_string(dist.join("assets/bundle.js")).unwrap();
    let code = before.split("//# sourceMappingURL").next().unwrap();
    assert!(injected.starts_with(code), "positions stay");
    let id = injected.split("//# debugId=").nth(1).unwrap().lines().next().unwrap();
    let map: Value = serde_json::from_slice(&fs::read(dist.join("assets/bundle.js.map")).unwrap()).unwrap();
    assert_eq!(map["debugId"], id);

    let second = upload(&dist, &url, &[]).await;
    assert!(text(&second).contains("uploaded 0, already there 2"), "{}", text(&second));
    assert_eq!(fs::read_to_string(dist.join("assets/bundle.js")).unwrap(), injected, "the id stays");

    let frame = &recorded()["bundles"]["vite"]["method"][0];
    let stack =
        format!("TypeError: x\n    at r (https://shop.example/assets/bundle.js:{}:{})", frame["line"], frame["column"]);
    let report = json!({"error_type": "TypeError", "error_message": "x", "stack_trace": stack, "release": "v1"});
    assert_eq!(serve.report(&report).await.status, 202);
    let fingerprint = serve.groups().await[0]["fingerprint"].as_str().unwrap().to_owned();
    let group = serve.get(&format!("/api/groups/{fingerprint}")).await.json();
    assert_eq!(group["samples"][0]["frames"][0]["function"], "Cart.total", "{group}");
}

#[tokio::test]
async fn the_stack_of_a_command_is_mapped_through_the_spool_and_in_the_own_store() {
    let mut wrapped = Wrapped::new();
    let dist = dist(&wrapped.place);
    wrapped.place.variables.push(("AUTOHEAL_KEY".to_owned(), KEY.to_owned()));
    let serve = wrapped.serve().await;
    let url = format!("http://{}", serve.address);
    let uploaded = upload(&dist, &url, &["--url-prefix", "~/srv/shop/"]).await;
    assert!(uploaded.status.success(), "{}", text(&uploaded));
    let fails = |failure: &str, file: &str| {
        let frame = &recorded()["bundles"]["vite"][failure][0];
        let stack = format!("TypeError: x is undefined\n    at r ({file}:{}:{})", frame["line"], frame["column"]);
        let output = wrapped.file("output", &format!("{stack}\n\nNode.js v22.11.0\n"));
        let output = wrapped.output(&["sh", "-c", "cat \"$0\" >&2; exit 1", output.to_str().unwrap()]);
        assert_eq!(output.status.code(), Some(1));
    };
    // the running service holds the store, so this goes through the spool
    fails("method", "file:///srv/shop/assets/bundle.js");
    count_once(&serve, 1).await;
    assert!(serve.terminate().await.success());
    fails("method", "/srv/shop/assets/bundle.js");
    let sample = wrapped.only().await;
    assert_eq!((&sample["mapped"], &sample["frames"][0]["function"]), (&json!(true), &json!("Cart.total")), "{sample}");
}

#[tokio::test]
async fn a_bad_map_is_named_and_the_others_are_uploaded() {
    let mut place = Place::new();
    let dist = dist(&place);
    fs::write(dist.join("bad.js"), "f()\n//# sourceMappingURL=bad.js.map\n").unwrap();
    fs::write(dist.join("bad.js.map"), r#"{"version":3,"sources":[],"mappings":"AAAA"}"#).unwrap();
    let serve = serve(&mut place).await;
    let output = upload(&dist, &format!("http://{}", serve.address), &["--no-inject"]).await;
    assert_eq!(output.status.code(), Some(1), "{}", text(&output));
    for expected in ["bad.js: ", "source 0 does not exist", "uploaded 2"] {
        assert!(text(&output).contains(expected), "{expected}: {}", text(&output));
    }
    assert!(!fs::read_to_string(dist.join("assets/bundle.js")).unwrap().contains("debugId"), "--no-inject");
}

/// The parser of JavaScript recurses once for each bracket.
#[tokio::test]
async fn code_that_exhausts_a_stack_does_not_end_the_service() {
    let mut place = Place::new();
    let dist = place.directory.path().join("dist");
    fs::create_dir(&dist).unwrap();
    let deep = "[".repeat(3_000_000);
    fs::write(dist.join("deep.js"), format!("{deep}\n//# sourceMappingURL=deep.js.map\n")).unwrap();
    let map = json!({"version": 3, "sources": ["deep.ts"], "sourcesContent": [deep], "mappings": "AAAA"});
    fs::write(dist.join("deep.js.map"), map.to_string()).unwrap();
    let serve = serve(&mut place).await;
    let output = upload(&dist, &format!("http://{}", serve.address), &[]).await;
    assert!(text(&output).contains("uploaded 1"), "{}", text(&output));
    assert!(place.log_text().contains("without the names of functions"), "{}", place.log_text());
    assert_eq!(serve.report(&json!({"error_type": "E", "error_message": "x"})).await.status, 202);
}

#[tokio::test]
async fn an_upload_that_cannot_work_says_what_to_do() {
    let mut place = Place::new();
    let dist = dist(&place);
    let serve = serve(&mut place).await;
    let url = format!("http://{}", serve.address);
    let wrong = upload(&dist, &url, &["--key", "another-sender-key"]).await;
    assert!(text(&wrong).contains("401") && text(&wrong).contains("AUTOHEAL_KEY"), "{}", text(&wrong));
    let mut without_key = autoheal();
    without_key.args(["sourcemaps", "upload"]).arg(&dist).args(["--release", "v1", "--no-inject"]);
    let without_key = without_key.output().await.unwrap();
    assert!(text(&without_key).contains("sender key"), "{}", text(&without_key));
    let empty = place.directory.path().join("empty");
    fs::create_dir(&empty).unwrap();
    let nothing = upload(&empty, &url, &[]).await;
    assert!(text(&nothing).contains("devtool"), "{}", text(&nothing));
    for output in [wrong, without_key, nothing] {
        assert_eq!(output.status.code(), Some(1), "{}", text(&output));
    }
}
