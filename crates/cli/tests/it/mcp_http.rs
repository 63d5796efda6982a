//! `autoheal mcp --http` between a client and a server over HTTP.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::{Arc, Mutex};

use autoheal_test_support::service::{Connection, Request};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;
use tokio::process::Child;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;

use crate::place::autoheal;
use crate::settings::sentence;
use crate::wrapped::{Wrapped, samples};

const FAILURE: &str =
    r#"{"jsonrpc":"2.0","id":1,"result":{"content":[{"type":"text","text":"division by zero"}],"isError":true}}"#;

/// A server that fails each request of one connection.
async fn fail_everything(listener: TcpListener) {
    let (mut stream, _) = listener.accept().await.unwrap();
    let mut buffer = vec![0; 64 * 1024];
    while stream.read(&mut buffer).await.unwrap_or(0) > 0 {
        let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length";
        stream.write_all(format!("{head}: {}\r\n\r\n{FAILURE}", FAILURE.len()).as_bytes()).await.unwrap();
    }
}

/// Starts `mcp --http` for this server. Returns the process, its address, and its first line.
pub(crate) async fn start(wrapped: &Wrapped, upstream: &str) -> (Child, SocketAddr, String) {
    let mut command = autoheal();
    command.env("AUTOHEAL_STORE", wrapped.place.store()).envs(wrapped.place.variables.iter().cloned());
    command.args(["mcp", "--http", "--listen", "127.0.0.1:0", upstream]).stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).await.unwrap();
    let address = line.strip_prefix("listening on http://").and_then(|rest| rest.split(' ').next()).unwrap();
    (child, address.parse().unwrap(), line)
}

async fn stop(child: &mut Child) {
    let pid = Pid::from_raw(i32::try_from(child.id().unwrap()).unwrap()).unwrap();
    kill_process(pid, Signal::TERM).unwrap();
    assert_eq!(child.wait().await.unwrap().code(), Some(0));
}

/// A server that lists these tools and can call none of them.
async fn list_tools(listener: TcpListener, tools: Arc<Mutex<&'static str>>) {
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        let tools = Arc::clone(&tools);
        tokio::spawn(async move {
            let mut stream = BufReader::new(stream);
            loop {
                let (mut length, mut line) = (0, String::new());
                while stream.read_line(&mut line).await.unwrap_or(0) > 2 {
                    length =
                        line.strip_prefix("content-length: ").map_or(length, |value| value.trim().parse().unwrap());
                    line.clear();
                }
                let mut body = vec![0; length];
                if line.is_empty() || stream.read_exact(&mut body).await.is_err() {
                    return;
                }
                let body = String::from_utf8(body).unwrap();
                let outcome = if body.contains("initialize") {
                    r#""result":{"protocolVersion":"2025-06-18","capabilities":{},"serverInfo":{"name":"shop","version":"1"}}"#.to_owned()
                } else if body.contains("tools/list") {
                    format!(r#""result":{{"tools":[{}]}}"#, tools.lock().unwrap())
                } else {
                    r#""error":{"code":-32602,"message":"Unknown tool: sum"}"#.to_owned()
                };
                let text = format!(r#"{{"jsonrpc":"2.0","id":1,{outcome}}}"#);
                let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length";
                stream.write_all(format!("{head}: {}\r\n\r\n{text}", text.len()).as_bytes()).await.unwrap();
            }
        });
    }
}

/// Does the handshake, lists the tools, and calls one if `uses_sum`.
async fn converse(address: SocketAddr, path: &str, uses_sum: bool) {
    let mut client = Connection::open(address).await.unwrap();
    let all = [
        ("initialize", r#"{"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"c","version":"1"}}"#),
        ("tools/list", "{}"),
        ("tools/call", r#"{"name":"sum","arguments":{}}"#),
    ];
    for (method, params) in &all[..if uses_sum { 3 } else { 2 }] {
        let call = format!(r#"{{"jsonrpc":"2.0","id":1,"method":"{method}","params":{params}}}"#);
        let response = client.exchange(&Request::post(path, call)).await.unwrap();
        assert_eq!(response.status, 200, "{}", response.text());
    }
}

#[tokio::test]
async fn a_tool_that_the_server_no_longer_has_after_a_restart_is_its_failure() {
    for service in [false, true] {
        let mut wrapped = Wrapped::new();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let upstream = format!("http://{}/mcp?key=k", listener.local_addr().unwrap());
        wrapped.place.variables.push(("AUTOHEAL_UPSTREAM".to_owned(), upstream.clone()));
        let tools = Arc::new(Mutex::new(r#"{"name":"sum","inputSchema":{"type":"object"}}"#));
        tokio::spawn(list_tools(listener, Arc::clone(&tools)));
        for uses_sum in [false, true] {
            if service {
                let mut serve = wrapped.serve().await;
                converse(serve.address, "/jsonrpc", uses_sum).await;
                stop(&mut serve.child).await;
            } else {
                let (mut child, address, _) = start(&wrapped, &upstream.replace("k=k", "k=other")).await;
                converse(address, "/mcp", uses_sum).await;
                stop(&mut child).await;
            }
            *tools.lock().unwrap() = "";
        }
        let sample = &wrapped.only().await["report"];
        assert_eq!((&sample["class"], &sample["count"]), (&json!("tool_failure"), &json!(1)), "{sample:#}");
        let servers = wrapped.path().join(if service { "servers" } else { "data/autoheal/servers" });
        let files: Vec<_> = std::fs::read_dir(servers).unwrap().flatten().collect();
        assert_eq!(files.len(), 1, "{files:?}");
        let text = std::fs::read_to_string(files[0].path()).unwrap();
        assert_eq!(text, r#"{"server":"shop","tools":["sum"]}"#);
    }
}

#[tokio::test]
async fn failures_are_recorded_as_anonymous_before_sigterm_ends_it() {
    let wrapped = Wrapped::new();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let upstream = format!("http://{}/mcp", listener.local_addr().unwrap());
    tokio::spawn(fail_everything(listener));
    let (mut child, address, line) = start(&wrapped, &upstream).await;
    assert!(line.contains(&upstream) && line.contains(&format!("use http://{address}/mcp")), "{line}");

    let mut client = Connection::open(address).await.unwrap();
    let call = r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"divide","arguments":{"b":0}}}"#;
    for _ in 0..3 {
        let response = client.exchange(&Request::post("/mcp", call)).await.unwrap();
        assert_eq!((response.status, response.text()), (200, FAILURE.to_owned()));
    }
    stop(&mut child).await;

    let serve = wrapped.serve().await;
    assert_eq!(serve.count().await, 3);
    let samples = samples(&serve).await;
    assert_eq!(samples.len(), 1, "{samples:#?}");
    assert_eq!(samples[0]["sender"], "anonymous", "{:#}", samples[0]);
    assert!(samples[0].to_string().contains("division by zero"), "{:#}", samples[0]);
}

/// A server that fails every call, on any number of connections.
async fn fail_always(listener: TcpListener) {
    loop {
        let (mut stream, _) = listener.accept().await.unwrap();
        tokio::spawn(async move {
            let mut buffer = vec![0; 64 * 1024];
            while stream.read(&mut buffer).await.unwrap_or(0) > 0 {
                let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length";
                stream.write_all(format!("{head}: {}\r\n\r\n{FAILURE}", FAILURE.len()).as_bytes()).await.unwrap();
            }
        });
    }
}

#[tokio::test]
async fn a_caller_is_the_same_client_after_a_restart() {
    for (trusts_proxy, clients) in [(false, 1), (true, 3)] {
        let mut wrapped = Wrapped::new();
        wrapped.place.variables.push(("AUTOHEAL_TRUST_PROXY".to_owned(), trusts_proxy.to_string()));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let upstream = format!("http://{}/mcp", listener.local_addr().unwrap());
        let server = tokio::spawn(fail_always(listener));
        let call = r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"divide","arguments":{"b":0}}}"#;
        for addresses in [["203.0.113.1", "198.51.100.9, 203.0.113.2:4711"], ["203.0.113.1", "2001:db8:7:1::1"]] {
            let (mut child, address, _) = start(&wrapped, &upstream).await;
            for forwarded in addresses {
                let mut client = Connection::open(address).await.unwrap();
                let request = Request::post("/mcp", call).header("x-forwarded-for", forwarded);
                assert_eq!(client.exchange(&request).await.unwrap().status, 200);
            }
            stop(&mut child).await;
        }
        server.abort();
        // the service closes its lists behind a proxy
        wrapped.place.variables.pop();
        let serve = wrapped.serve().await;
        assert_eq!(serve.count().await, 4);
        let fingerprint = serve.groups().await[0]["fingerprint"].as_str().unwrap().to_owned();
        let group = &serve.get(&format!("/api/groups/{fingerprint}")).await.json()["group"];
        assert_eq!(group["clients"], clients, "with a trusted proxy: {trusts_proxy}: {group:#}");
    }
}

/// Starts an `https://` server with a self-signed certificate for this name. Returns its address and the certificate's file.
async fn serve_tls(wrapped: &Wrapped, name: &str) -> (SocketAddr, PathBuf) {
    let made = rcgen::generate_simple_self_signed([name.to_owned()]).unwrap();
    let trusted = wrapped.file(&format!("{name}.pem"), &made.cert.pem());
    let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
    let config = ServerConfig::builder().with_no_client_auth().with_single_cert(vec![made.cert.der().clone()], key);
    let acceptor = TlsAcceptor::from(Arc::new(config.unwrap()));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            // a client that does not trust the certificate disconnects
            let Ok(mut stream) = acceptor.accept(listener.accept().await.unwrap().0).await else { continue };
            let mut head = vec![0; 64 * 1024];
            let read = stream.read(&mut head).await.unwrap();
            let host = format!("host: localhost:{}\r\n", address.port());
            assert!(
                head[..read].windows(host.len()).any(|window| window == host.as_bytes()),
                "{}",
                head.escape_ascii()
            );
            let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length";
            stream.write_all(format!("{head}: {}\r\n\r\n{FAILURE}", FAILURE.len()).as_bytes()).await.unwrap();
        }
    });
    (address, trusted)
}

#[tokio::test]
async fn a_tls_server_is_reached_only_with_a_trusted_certificate_for_its_name() {
    for (name, trusts, status, message) in [
        ("localhost", true, 200, "division by zero"),
        ("localhost", false, 502, "certificate"),
        ("other.example", true, 502, "certificate"),
    ] {
        let mut wrapped = Wrapped::new();
        let (address, trusted) = serve_tls(&wrapped, name).await;
        let trusted = if trusts { trusted } else { serve_tls(&wrapped, "untrusted.example").await.1 };
        wrapped.place.variables.push(("SSL_CERT_FILE".to_owned(), trusted.to_str().unwrap().to_owned()));
        let (mut child, gateway, _) = start(&wrapped, &format!("https://localhost:{}/mcp", address.port())).await;
        let mut client = Connection::open(gateway).await.unwrap();
        let call = r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"divide"}}"#;
        let response = client.exchange(&Request::post("/mcp", call)).await.unwrap();
        assert_eq!(response.status, status, "{}", response.text());
        assert!(response.text().contains(message), "{}", response.text());
        stop(&mut child).await;
        let recorded = wrapped.only().await;
        assert!(recorded["report"]["error_message"].as_str().unwrap().contains(message), "{recorded:#}");
    }
}

#[tokio::test]
async fn invalid_options_are_refused_in_one_line() {
    for (arguments, message) in [
        (&["--http"][..], "required"),
        (&["--http", "--listen", "shop.example:8790", "http://a/"][..], "write it like 127.0.0.1:8790"),
        (&["--http", "http://a/", "--listen", "127.0.0.1:0"][..], "--http takes one URL"),
        (&["--http", "ftp://a/"][..], "is not an http:// or https:// URL"),
        (&["--http", "--listen", "127.0.0.1:0", "--allow-origin", "*", "http://a/"][..], "is not an origin"),
    ] {
        let mut command = autoheal();
        let output = command.arg("mcp").args(arguments).output().await.unwrap();
        assert!(!output.status.success());
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(text.contains(message), "{arguments:?}: {text}");
        if output.status.code() != Some(2) {
            sentence(&output);
        }
    }
}
