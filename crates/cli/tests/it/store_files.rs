//! The store's file: copies, deletion on request, its limits, and what happens when it goes missing.

use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::process::Output;

use serde_json::{Value, json};

use crate::place::{Place, autoheal};
use crate::settings::sentence;

fn failure(message: &str) -> Value {
    json!({"error_type": "TypeError", "error_message": message})
}

async fn run(arguments: &[&str], place: &Place) -> Output {
    autoheal().args(arguments).arg("--store").arg(place.store()).output().await.unwrap()
}

fn printed(output: &Output) -> String {
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout.clone()).unwrap()
}

#[tokio::test]
async fn a_backup_of_a_running_service_holds_what_it_had_accepted() {
    let place = Place::new();
    let serve = place.serve().await;
    assert_eq!(serve.report(&failure("no apples")).await.status, 202);
    let copy = place.directory.path().join("copy.db");
    let said = printed(&run(&["backup", copy.to_str().unwrap()], &place).await);
    assert!(said.starts_with("copied ") && said.contains("copy.db"), "{said}");
    assert_eq!(fs::metadata(&copy).unwrap().permissions().mode() & 0o777, 0o600);
    let said = sentence(&run(&["backup", copy.to_str().unwrap()], &place).await);
    assert!(said.contains("exists already"), "{said}");
    assert_eq!(serve.terminate().await.code(), Some(0));
    fs::rename(&copy, place.store()).unwrap();
    assert_eq!(place.serve().await.count().await, 1);
}

#[tokio::test]
async fn a_backup_of_no_store_is_refused_and_writes_nothing() {
    let place = Place::new();
    let copy = place.directory.path().join("copy.db");
    let said = sentence(&run(&["backup", copy.to_str().unwrap()], &place).await);
    assert!(said.contains("there is no store at") && said.contains("--store"), "{said}");
    std::fs::write(place.store(), "no database").unwrap();
    let said = sentence(&run(&["backup", copy.to_str().unwrap()], &place).await);
    assert!(said.contains("store.db is not a store"), "{said}");
    assert!(!copy.exists());
}

#[tokio::test]
async fn a_failure_is_erased_with_and_without_a_running_service() {
    for running in [true, false] {
        let place = Place::new();
        let serve = place.serve().await;
        for message in ["Ada Lovelace has no apples", "no pears"] {
            assert_eq!(serve.report(&failure(message)).await.status, 202);
        }
        let groups = serve.groups().await;
        let gone = groups.iter().find(|group| group["title"].as_str().unwrap().contains("Ada")).unwrap();
        let fingerprint = gone["fingerprint"].as_str().unwrap().to_owned();
        let address = serve.address.to_string();
        let serve = if running {
            Some(serve)
        } else {
            serve.terminate().await;
            None
        };
        let said = sentence(&run(&["erase", &fingerprint, "--listen", &address], &place).await);
        assert!(said.contains("--yes"), "it asks first: {said}");
        let said = printed(&run(&["erase", &fingerprint, "--yes", "--listen", &address], &place).await);
        assert!(said.contains("erased: 1 groups, 1 reports") && said.contains("backups"), "{said}");
        for entry in fs::read_dir(place.directory.path()).unwrap() {
            let file = entry.unwrap().path();
            if file.file_name().unwrap().to_string_lossy().starts_with("store.db") {
                let bytes = fs::read(&file).unwrap();
                assert!(!bytes.windows(12).any(|window| window == b"Ada Lovelace"), "{}", file.display());
            }
        }
        let said = sentence(&run(&["erase", &fingerprint, "--yes", "--listen", &address], &place).await);
        assert!(said.contains("nothing to erase"), "{said}");
        let said = sentence(&run(&["erase", "--client", "not-a-hash", "--yes"], &place).await);
        assert!(said.contains("16 hexadecimal digits"), "{said}");
        let serve = match serve {
            Some(serve) => serve,
            None => place.serve().await,
        };
        assert_eq!(serve.groups().await.len(), 1, "the other failure stays");
    }
}

#[tokio::test]
async fn erasing_needs_the_operator() {
    let mut place = Place::new();
    let token = "made-up-operator-token-1";
    place.arguments = ["--operator-token", token, "--public-url", "https://errors.example"].map(str::to_owned).to_vec();
    let serve = place.serve().await;
    assert_eq!(serve.report(&failure("no apples")).await.status, 202);
    let address = serve.address.to_string();
    let none = "0".repeat(32);
    let said = sentence(&run(&["erase", &none, "--yes", "--listen", &address], &place).await);
    assert!(said.contains("refused (403)") || said.contains("refused (401)"), "{said}");
    // a variable that the service reads too may hold several
    for tokens in [token.to_owned(), format!("{token}, made-up-operator-token-2")] {
        let with_token = ["erase", &none, "--yes", "--listen", &address, "--operator-token", &tokens];
        let said = sentence(&run(&with_token, &place).await);
        assert!(said.contains("nothing to erase"), "{said}");
    }
}

#[tokio::test]
async fn a_deleted_store_is_noticed_and_reports_are_refused() {
    let place = Place::new();
    let serve = place.serve().await;
    assert_eq!(serve.report(&failure("no apples")).await.status, 202);
    assert_eq!(serve.get("/readyz").await.status, 200);
    for name in ["store.db", "store.db-wal"] {
        fs::remove_file(place.directory.path().join(name)).unwrap();
    }
    assert_eq!(serve.get("/readyz").await.status, 503);
    assert_eq!(serve.report(&failure("no apples")).await.status, 503);
    assert!(serve.get("/metrics").await.text().contains("autoheal_store_ready 0\n"));
}

#[tokio::test]
async fn a_limited_file_size_is_a_full_disk() {
    let place = Place::new();
    place.serve().await.terminate().await;
    // in units of 512 bytes
    let mut command = tokio::process::Command::new("/bin/sh");
    let serve = format!(
        "ulimit -f 1200; exec {} serve --listen 127.0.0.1:0 --rate-limit 0 --store {}",
        env!("CARGO_BIN_EXE_autoheal"),
        place.store().display()
    );
    command.args(["-c", &serve]).env_clear().env("HOME", "/dev/null").env("AUTOHEAL_LOG", "warn").kill_on_drop(true);
    let serve = place.serve_with(command).await;
    let mut accepted = 0;
    let refusal = loop {
        let name: String = format!("{accepted:04}").bytes().map(|digit| char::from(digit - b'0' + b'a')).collect();
        let mut report = failure(&format!("no {name}"));
        report["context"] = json!({"long": "x".repeat(15_000)});
        let response = serve.report(&report).await;
        if response.status != 202 {
            break response;
        }
        accepted += 1;
        assert!(accepted < 500, "the limit has no effect");
    };
    assert_eq!((refusal.status, refusal.json()["code"].clone()), (503, json!("store_unavailable")));
    assert_eq!(serve.get("/healthz").await.status, 200, "the process lives");
    assert_eq!(serve.count().await, accepted);
    assert_eq!(serve.terminate().await.code(), Some(0));
    assert_eq!(place.serve().await.count().await, accepted, "without the limit all are there");
}

#[tokio::test]
async fn a_start_on_a_full_disk_says_so() {
    let place = Place::new();
    let mut command = tokio::process::Command::new("/bin/sh");
    let serve = format!(
        "ulimit -f 8; exec {} serve --listen 127.0.0.1:0 --store {}",
        env!("CARGO_BIN_EXE_autoheal"),
        place.store().display()
    );
    command.args(["-c", &serve]).env_clear().env("HOME", "/dev/null").env("AUTOHEAL_LOG", "error");
    let said = sentence(&command.output().await.unwrap());
    assert!(said.contains("the disk is full") && said.contains("make space"), "{said}");
}

#[tokio::test]
async fn a_full_store_refuses_new_failures_with_a_sentence() {
    let mut place = Place::new();
    place.arguments = vec!["--store-limit".to_owned(), "2MB".to_owned()];
    let serve = place.serve().await;
    let mut refused = None;
    for at in 0..200 {
        let name: String = format!("{at:04}").bytes().map(|digit| char::from(digit - b'0' + b'a')).collect();
        let mut report = failure(&format!("no {name}"));
        report["context"] = json!({"long": "x".repeat(15_000)});
        let response = serve.report(&report).await;
        if response.status == 503 {
            refused = Some(response);
            break;
        }
    }
    let refused = refused.expect("the limit has an effect");
    assert!(refused.json()["message"].as_str().unwrap().contains("size limit"), "{}", refused.text());
    let again = serve.report(&failure("no aaaa")).await;
    assert!(again.status == 202 || serve.groups().await.len() < 2, "known failures are counted: {}", again.text());
}

#[tokio::test]
async fn odd_limits_are_refused() {
    for (arguments, word) in [(["--retention", "soon"], "--retention"), (["--retention", "90"], "--retention")] {
        let place = Place::new();
        let said = sentence(&place.command().args(arguments).output().await.unwrap());
        assert!(said.contains(word), "{said}");
        assert!(!place.store().exists());
    }
    let output = Place::new().command().args(["--store-limit", "2 elephants"]).output().await.unwrap();
    assert!(String::from_utf8_lossy(&output.stderr).contains("no unit of sizes"), "{output:?}");
}

#[tokio::test]
async fn a_store_that_is_overwritten_in_place_is_noticed_and_stays_refused_until_a_restart() {
    let place = Place::new();
    let serve = place.serve().await;
    for _ in 0..3 {
        assert_eq!(serve.report(&failure("no apples")).await.status, 202);
    }
    assert_eq!(serve.get("/readyz").await.status, 200);
    let log = place.directory.path().join("store.db-wal");
    let (whole, length) = (fs::read(&log).unwrap(), fs::metadata(&log).unwrap().len());
    // in place, with the same length
    let overwrite = |bytes: &[u8]| fs::File::options().write(true).open(&log).unwrap().write_all(bytes).unwrap();
    overwrite(&vec![0x55; length as usize]);
    let ready = serve.get("/readyz").await;
    assert_eq!(ready.status, 503);
    assert!(ready.text().contains("the store is damaged") && !ready.text().contains("store.db"), "{}", ready.text());
    assert_eq!(serve.report(&failure("no apples")).await.status, 503);
    assert_eq!(serve.get("/api/status").await.json()["store"]["damaged"], json!(true));
    overwrite(&whole);
    assert_eq!(serve.report(&failure("no apples")).await.status, 503, "until a restart");
    serve.kill().await;
    let serve = place.serve().await;
    assert_eq!(serve.get("/readyz").await.status, 200);
    assert_eq!(serve.count().await, 3);
}
