//! Connections that fail in different ways, each with a cause of its own, and responses without an end.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use autoheal_heal::github::{Github, SetupError};
use autoheal_heal::settings::{Repository, Switches};
use autoheal_heal::status::Cause;
use autoheal_prepare::Timestamp;
use autoheal_store::Clock;
use autoheal_test_support::{Failure, Fault, Operation};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;

use crate::harness::Harness;

const ISSUES: Switches = Switches { issue: true, pull: false, heal: false };

/// Starts an `https://` server whose certificate no authority signed.
async fn serve_untrusted() -> SocketAddr {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
    let config = ServerConfig::builder().with_no_client_auth().with_single_cert(vec![made.cert.der().clone()], key);
    let acceptor = TlsAcceptor::from(Arc::new(config.unwrap()));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            let _refused_by_the_client = acceptor.accept(listener.accept().await.unwrap().0).await;
        }
    });
    address
}

async fn cause_with_api(url: &str) -> (Cause, String) {
    let mut harness = Harness::start(ISSUES).await;
    harness.use_api(url);
    harness.tick_once().await;
    let stop = harness.stop().unwrap();
    (stop.cause, stop.reason)
}

#[tokio::test]
async fn a_failed_connection_says_why() {
    let free = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let closed = format!("http://{}", free.local_addr().unwrap());
    drop(free);
    let plain = Harness::start(ISSUES).await;
    let tls_to_plain = plain.github.url().replace("http://", "https://");
    let untrusted = format!("https://localhost:{}", serve_untrusted().await.port());
    for (url, expected) in [
        (untrusted.as_str(), Cause::CertificateNotTrusted),
        ("http://no-such-host.invalid", Cause::NameNotFound),
        (tls_to_plain.as_str(), Cause::NoTls),
        (closed.as_str(), Cause::GithubDown),
    ] {
        let (cause, reason) = cause_with_api(url).await;
        assert_eq!(cause, expected, "{url}: {reason}");
        assert!(reason.starts_with("GitHub cannot be reached: ") && reason.len() > 40, "{reason}");
    }
    assert!(plain.github.requests().is_empty(), "the token was not sent");
}

#[tokio::test]
async fn a_response_without_an_end_is_not_kept_in_memory() {
    let mut harness = Harness::start(ISSUES).await;
    harness.github.inject(Fault::on(Operation::ReadUser, Failure::Oversized { bytes: 40 * 1024 * 1024 }));
    harness.tick_once().await;
    let stop = harness.stop().unwrap();
    assert_eq!(stop.cause, Cause::UnexpectedResponse);
    assert!(stop.reason.contains("longer than"), "{}", stop.reason);
    harness.report("price is undefined").await;
    harness.work_for(Duration::from_secs(60)).await;
    assert_eq!((harness.github.issues().len(), harness.stop()), (1, None));
}

#[tokio::test]
async fn a_token_that_no_header_carries_is_refused_with_a_sentence() {
    let client = |token: &str| {
        let repository = Repository::parse("acme/shop").unwrap();
        Github::new("http://127.0.0.1:9", &token.to_owned().into(), repository, Clock::manual(Timestamp(0)))
    };
    for token in ["made-up", "made-up\n", "\r\nmade-up\r\n", " made-up "] {
        assert!(client(token).is_ok(), "{token:?}");
    }
    for token in ["", "\n", "made\nup", "made up", "made-\u{fc}p", "made\0up", "made-up\u{2028}x"] {
        let refused = client(token).err();
        assert!(matches!(refused, Some(SetupError::Token)), "{token:?}");
        assert!(refused.unwrap().to_string().contains("printable ASCII"));
    }
}
