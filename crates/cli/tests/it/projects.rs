//! Projects and stores: a failure goes to the project and the store that it was meant for.

use std::time::Duration;

use serde_json::json;

use crate::place::{Place, Serve};
use crate::run_delivery::count_once;
use crate::settings::sentence;
use crate::wrapped::Wrapped;

const FAILS: [&str; 3] = ["sh", "-c", "echo no price >&2; exit 3"];

/// Number of occurrences in a project.
async fn count_in(serve: &Serve, project: &str) -> u64 {
    let groups = serve.get(&format!("/api/groups?project={project}")).await.json()["groups"].clone();
    groups.as_array().unwrap().iter().map(|group| group["count"].as_u64().unwrap()).sum()
}

/// Polls the service until a project has so many occurrences.
async fn count_in_once(serve: &Serve, project: &str, expected: u64) {
    let mut poll = tokio::time::interval(Duration::from_millis(20));
    for _ in 0..1_500 {
        poll.tick().await;
        if count_in(serve, project).await == expected {
            return;
        }
    }
    panic!("expected {expected} occurrences in {project}, got {}", count_in(serve, project).await);
}

#[tokio::test]
async fn the_own_store_and_the_spool_keep_the_project() {
    let wrapped = Wrapped::new();
    let fails = |project: &str| {
        let output = wrapped.run(&[], &FAILS).env("AUTOHEAL_PROJECT", project).output().unwrap();
        assert_eq!(output.status.code(), Some(3));
    };
    fails("shop");
    let serve = wrapped.serve().await;
    assert_eq!((count_in(&serve, "shop").await, serve.count().await), (1, 0));
    // the running service holds the store, so these go through the spool
    fails("shop");
    fails("bank");
    count_in_once(&serve, "shop", 2).await;
    count_in_once(&serve, "bank", 1).await;
    assert_eq!((serve.count().await, wrapped.spooled()), (0, 0));
}

#[tokio::test]
async fn a_service_takes_the_project_as_its_project_key_also_after_it_was_down() {
    let (here, mut there) = (Wrapped::new(), Wrapped::new());
    there.place.variables.push(("AUTOHEAL_PROJECT_KEYS".to_owned(), "shop-key=shop,bank-key=bank".to_owned()));
    let serve = there.serve().await;
    let address = serve.address.to_string();
    let url = format!("http://{address}");
    let fails = |project: &str| {
        let output = here.run(&["--url", &url], &FAILS).env("AUTOHEAL_PROJECT", project).output().unwrap();
        assert_eq!(output.status.code(), Some(3));
    };
    fails("shop-key");
    assert_eq!((count_in(&serve, "shop").await, count_in(&serve, "bank").await, serve.count().await), (1, 0, 0));
    assert_eq!(serve.terminate().await.code(), Some(0));
    fails("bank-key");
    assert_eq!(here.spooled(), 1);
    let mut again = crate::place::autoheal();
    again.args(["serve", "--listen", &address, "--rate-limit", "0", "--store"]).arg(there.place.store());
    again.envs(there.place.variables.iter().cloned());
    let serve = there.place.serve_with(again).await;
    // a run delivers what is left of its own project
    fails("shop-key");
    assert_eq!((count_in(&serve, "shop").await, count_in(&serve, "bank").await, here.spooled()), (2, 0, 1));
    fails("bank-key");
    assert_eq!((count_in(&serve, "shop").await, count_in(&serve, "bank").await, serve.count().await), (2, 2, 0));
    assert_eq!(here.spooled(), 0);
}

#[tokio::test]
async fn two_stores_of_one_user_share_a_spool_and_each_gets_its_own_failures() {
    let wrapped = Wrapped::new();
    let serve = wrapped.serve().await;
    let other = wrapped.path().join("other.db");
    let serve_other = || {
        let mut command = crate::place::autoheal();
        command.args(["serve", "--listen", "127.0.0.1:0", "--rate-limit", "0", "--store"]).arg(&other);
        command.envs(wrapped.place.variables.iter().cloned());
        command
    };
    let second = wrapped.place.serve_with(serve_other()).await;
    for (store, runs) in [(wrapped.place.store(), 2), (other.clone(), 3)] {
        for _ in 0..runs {
            let output = wrapped.run(&[], &FAILS).env("AUTOHEAL_STORE", &store).output().unwrap();
            assert_eq!(output.status.code(), Some(3));
        }
    }
    count_once(&serve, 2).await;
    count_once(&second, 3).await;
    assert_eq!(wrapped.spooled(), 0);
    // one that is not running gets its failures at once, and not those of the other
    assert_eq!(second.terminate().await.code(), Some(0));
    assert_eq!(wrapped.run(&[], &FAILS).env("AUTOHEAL_STORE", &other).output().unwrap().status.code(), Some(3));
    let second = wrapped.place.serve_with(serve_other()).await;
    assert_eq!((second.count().await, serve.count().await), (4, 2));
}

#[tokio::test]
async fn a_second_service_on_the_same_file_is_refused_whatever_path_leads_to_it() {
    let place = Place::new();
    let first = place.serve().await;
    assert_eq!(first.report(&json!({"error_type": "E", "error_message": "m"})).await.status, 202);
    let inside = |name: &str| place.directory.path().join(name);
    std::fs::create_dir(inside("below")).unwrap();
    std::fs::hard_link(place.store(), inside("hard.db")).unwrap();
    std::fs::hard_link(place.store(), inside("below/hard.db")).unwrap();
    std::os::unix::fs::symlink(place.store(), inside("soft.db")).unwrap();
    std::os::unix::fs::symlink("../soft.db", inside("below/soft.db")).unwrap();
    std::os::unix::fs::symlink(place.directory.path(), inside("linked")).unwrap();
    let names =
        ["hard.db", "below/hard.db", "soft.db", "below/soft.db", "linked/store.db", "below/../store.db", "./store.db"];
    for name in names {
        let mut second = crate::place::autoheal();
        second.args(["serve", "--listen", "127.0.0.1:0", "--store", name]).current_dir(place.directory.path());
        let said = sentence(&second.output().await.unwrap());
        assert!(said.contains("is in use by another autoheal"), "{name}: {said}");
        assert!(!inside("hard.db-wal").exists() && !inside("below/hard.db-wal").exists(), "{name}");
    }
    assert_eq!(first.get("/readyz").await.status, 200);
    first.kill().await;
    let again = |name: &str| {
        let mut command = crate::place::autoheal();
        command.args(["serve", "--listen", "127.0.0.1:0", "--store"]).arg(inside(name));
        command
    };
    // what was accepted is in the log, which is beside the other name
    let said = sentence(&again("hard.db").output().await.unwrap());
    assert!(said.contains("is also named") && said.contains("store.db"), "{said}");
    let serve = place.serve_with(again("soft.db")).await;
    assert_eq!(serve.count().await, 1);
    assert_eq!(serve.terminate().await.code(), Some(0));
    // after a proper end there is no log
    assert_eq!(place.serve_with(again("hard.db")).await.count().await, 1);
}
