//! Files at `/app/`: no hidden or private files, no links out of the directory, and never the store.

use std::os::unix::fs::symlink;
use std::path::Path;

use crate::app::{TestApp, assert_refused, report, spawn_app_with};

/// A service whose store is in the served directory.
async fn serving_its_own_directory() -> TestApp {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().to_owned();
    let store_file = path.join("store.db");
    let app = spawn_app_with(|config| {
        config.static_dir = Some(path.clone());
        config.data_dir = Some(path);
        config.store_file = Some(store_file);
    });
    let mut app = app.await;
    // the service opened its store elsewhere; its files take their place
    for entry in app.directory.path().read_dir().unwrap().flatten() {
        std::fs::hard_link(entry.path(), directory.path().join(entry.file_name())).unwrap();
    }
    app.served = Some(directory);
    app
}

async fn assert_absent(app: &TestApp, paths: &[&str]) {
    for path in paths {
        println!("{path}");
        assert_refused(&app.get(path).await, 404, "not_found");
    }
}

fn write(directory: &Path, name: &str) {
    let path = directory.join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, name).unwrap();
}

#[tokio::test]
async fn hidden_files_are_not_served() {
    let app = serving_its_own_directory().await;
    let directory = app.served.as_ref().unwrap().path();
    for name in [".env", ".git/config", "sub/.hidden", "sub/.cache/x", "..x", "sub/visible.txt", "a.b"] {
        write(directory, name);
    }
    let hidden = [
        "/app/.env",
        "/app/%2eenv",
        "/app/%2Eenv",
        "/app//.env",
        "/app/.git/config",
        "/app/%2egit/config",
        "/app/.git%2fconfig",
        "/app/sub/.hidden",
        "/app/sub%2f.hidden",
        "/app/sub/.cache/x",
        "/app/sub/./visible.txt",
        "/app/sub/../.env",
        "/app/sub/%2e%2e/.env",
        "/app/..x",
        "/app/.git",
        "/app/.git/",
    ];
    assert_absent(&app, &hidden).await;
    for path in ["/app/sub/visible.txt", "/app/sub%2fvisible.txt", "/app/a.b"] {
        assert_eq!(app.get(path).await.status, 200, "{path}");
    }
}

#[tokio::test]
async fn links_lead_to_visible_files_of_the_directory_only() {
    let app = serving_its_own_directory().await;
    let directory = app.served.as_ref().unwrap().path();
    let outside = tempfile::tempdir().unwrap();
    write(outside.path(), "secret.txt");
    write(outside.path(), "index.html");
    write(directory, "sub/visible.txt");
    write(directory, ".env");
    symlink(outside.path().join("secret.txt"), directory.join("secret.txt")).unwrap();
    symlink(outside.path(), directory.join("outside")).unwrap();
    symlink("/etc/passwd", directory.join("sub/passwd")).unwrap();
    symlink(".env", directory.join("env")).unwrap();
    symlink("store.db", directory.join("copy")).unwrap();
    std::fs::create_dir(directory.join("linked")).unwrap();
    symlink(outside.path().join("index.html"), directory.join("linked/index.html")).unwrap();
    symlink("sub/visible.txt", directory.join("inside.txt")).unwrap();
    make_pipe(&directory.join("fifo"));
    let refused = [
        "/app/secret.txt",
        "/app/outside",
        "/app/outside/",
        "/app/outside/secret.txt",
        "/app/sub/passwd",
        "/app/env",
        "/app/copy",
        "/app/linked/",
        "/app/fifo",
    ];
    assert_absent(&app, &refused).await;
    assert_eq!(app.get("/app/inside.txt").await.text(), "sub/visible.txt");
}

/// A pipe, whose reading would never end.
fn make_pipe(path: &Path) {
    assert!(std::process::Command::new("mkfifo").arg(path).status().unwrap().success());
}

#[tokio::test]
async fn no_file_of_the_store_is_served_under_any_name() {
    let app = serving_its_own_directory().await;
    app.report(&report("a secret of the store")).await;
    let directory = app.served.as_ref().unwrap().path();
    for name in ["store.db.lock", "store.db-shm", "store.db.stop", "store.db.backup-1", "spool/report.json"] {
        if !directory.join(name).exists() {
            write(directory, name);
        }
    }
    std::fs::hard_link(directory.join("store.db"), directory.join("innocent.txt")).unwrap();
    std::fs::hard_link(directory.join("store.db.stop"), directory.join("stop.txt")).unwrap();
    std::fs::copy(directory.join("store.db"), directory.join("backup")).unwrap();
    write(directory, "page.txt");
    let refused = [
        "/app/store.db",
        "/app/store%2edb",
        "/app/store.db-wal",
        "/app/store.db-shm",
        "/app/store.db.lock",
        "/app/store.db.stop",
        "/app/store.db.backup-1",
        "/app/innocent.txt",
        "/app/stop.txt",
        "/app/backup",
        "/app/spool/report.json",
    ];
    assert_absent(&app, &refused).await;
    assert_eq!(app.get("/app/page.txt").await.status, 200);
}

#[tokio::test]
async fn databases_copies_and_keys_are_not_served_by_name_or_content() {
    let app = serving_its_own_directory().await;
    let directory = app.served.as_ref().unwrap().path();
    let private = [
        "other.sqlite-journal",
        "other.db-shm",
        "other.db-wal",
        "Dump.SQL.gz",
        "tls.pem",
        "TLS.Key",
        "id.p12",
        "env.local",
        "sub/index.html~",
        "sub/%23index.html%23",
        "sub/index.html.SWP",
        "index.html.bak",
        "site.bak/index.html",
        "repo.git/config",
        "dump.sql.tar.gz",
        "secrets-prod.json",
    ];
    for name in private {
        write(directory, &name.replace("%23", "#"));
    }
    write(directory, "page.txt");
    symlink("tls.pem", directory.join("innocent.txt")).unwrap();
    symlink("page.txt", directory.join("page.bak")).unwrap();
    std::fs::write(directory.join("key.txt"), format!("-----BEGIN {} KEY-----\nMIIE", "RSA PRIVATE")).unwrap();
    std::fs::write(directory.join("rows"), b"\xd9\xd5\x05\xf9\x20\xa1\x63\xd7 rows of a journal").unwrap();
    let paths: Vec<String> = private.iter().map(|name| format!("/app/{name}")).collect();
    assert_absent(&app, &paths.iter().map(String::as_str).collect::<Vec<_>>()).await;
    assert_absent(&app, &["/app/site.bak/", "/app/innocent.txt", "/app/page.bak", "/app/key.txt", "/app/rows"]).await;
    for name in ["page.txt", "app.js.map", "env.js", "sub/keys.html", "summer.old/photo.jpg", "desktop.jpg", "env.hdr"]
    {
        write(directory, name);
        assert_eq!(app.get(&format!("/app/{name}")).await.status, 200, "{name}");
    }
}

#[tokio::test]
async fn private_keys_are_found_behind_other_content() {
    let app = serving_its_own_directory().await;
    let directory = app.served.as_ref().unwrap().path();
    let key = format!("-----BEGIN {} KEY-----\nMIIE\n", "RSA PRIVATE");
    let certificate = "-----BEGIN CERTIFICATE-----\nMIIC\n-----END CERTIFICATE-----\n".repeat(100);
    for (name, content) in [
        ("blank.txt", format!("\n\r\n  {key}")),
        ("mark.txt", format!("\u{feff}{key}")),
        ("bag.txt", format!("Bag Attributes\n    localKeyID: 01\n{key}")),
        ("bundle.crt", format!("{certificate}{key}")),
        ("config.json", format!("{{\"private_key\": \"{}\"}}", key.replace('\n', "\\n"))),
        ("putty.txt", format!("\nPuTTY-{}-Key-File-3: ssh-ed25519\n", "User")),
        ("block.asc", format!("-----BEGIN PGP {} KEY BLOCK-----\n", "PRIVATE")),
        ("app.css", key.clone()),
    ] {
        std::fs::write(directory.join(name), content).unwrap();
        assert_absent(&app, &[&format!("/app/{name}")]).await;
    }
    for (name, content) in [
        ("keys.js", format!("export const begin = '{}';", key.trim())),
        ("keys.html", format!("<p>A key begins with <code>{key}</code>")),
        ("chain.crt", certificate),
        ("public.txt", "-----BEGIN PUBLIC KEY-----\nMIIB\n".to_owned()),
    ] {
        std::fs::write(directory.join(name), content).unwrap();
        assert_eq!(app.get(&format!("/app/{name}")).await.status, 200, "{name}");
    }
}

#[tokio::test]
async fn a_data_directory_in_the_served_directory_is_not_served() {
    let directory = tempfile::tempdir().unwrap();
    for name in ["page.txt", "data/inventory.json", "data/copies/old"] {
        write(directory.path(), name);
    }
    let path = directory.path().to_owned();
    let app = spawn_app_with(|config| {
        config.data_dir = Some(path.join("data"));
        config.store_file = Some(path.join("data/store.db"));
        config.static_dir = Some(path);
    });
    let app = app.await;
    assert_absent(&app, &["/app/data/inventory.json", "/app/data/copies/old", "/app/data/", "/app/data"]).await;
    assert_eq!(app.get("/app/page.txt").await.status, 200);
}

#[tokio::test]
async fn a_directory_is_redirected_to_its_own_path() {
    let app = serving_its_own_directory().await;
    write(app.served.as_ref().unwrap().path(), "sub/index.html");
    for (path, location) in
        [("/app", "/app/"), ("/app/sub", "/app/sub/"), ("/app/sub?a=b", "/app/sub/?a=b"), ("/app/%73ub", "/app/%73ub/")]
    {
        let response = app.get(path).await;
        assert_eq!((response.status, response.header("location")), (308, Some(location)));
    }
    assert_eq!(app.get("/app/sub/").await.text(), "sub/index.html");
    for path in ["/app//evil.example", "/app//evil.example/..", "/app/sub%2f", "/app/sub%2F"] {
        assert_eq!(app.get(path).await.status, 404, "{path}");
    }
}
