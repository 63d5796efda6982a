//! Measures the memory that heads of requests take which promise large bodies and send none.

use std::time::{Duration, Instant};

use anyhow::Result;
use autoheal_test_support::service::{Request, exchange};
use serde_json::{Value, json};
use tokio::io::{AsyncWriteExt, ErrorKind};
use tokio::net::TcpStream;

use crate::bars::rounded;
use crate::place::Place;

/// Number of connections.
const CONNECTIONS: usize = 3_000;
/// Time in which the memory is watched after the last head.
const WATCH: Duration = Duration::from_secs(2);
/// Time between two looks at the memory.
const POLL_INTERVAL: Duration = Duration::from_millis(20);

/// Measures both entrances for bodies. An MCP server need not run behind the second one.
pub(crate) async fn measure(place: &Place) -> Result<Value> {
    let mut worst = 0.0_f64;
    println!("\n{CONNECTIONS} heads with `Content-Length: 1048576` and no body");
    for path in ["/report-error", "/jsonrpc"] {
        place.empty()?;
        let mut command = place.command();
        command.args(["--upstream", "http://127.0.0.1:9/mcp"]);
        let service = place.start(command)?;
        exchange(service.address, &Request::get("/healthz")).await;
        let before = service.process.memory_mib()?;
        let head = format!(
            "POST {path} HTTP/1.1\r\nhost: {}\r\ncontent-type: application/json\r\ncontent-length: 1048576\r\n\r\n",
            service.address
        );
        let (mut connections, mut refused, mut peak) = (Vec::new(), 0, before);
        for number in 0..CONNECTIONS {
            let connected = async {
                let mut stream = TcpStream::connect(service.address).await?;
                stream.write_all(head.as_bytes()).await?;
                std::io::Result::Ok(stream)
            };
            match connected.await {
                Ok(stream) => connections.push(stream),
                Err(_) => refused += 1,
            }
            if number % 50 == 0 {
                peak = peak.max(service.process.memory_mib()?);
            }
        }
        let began = Instant::now();
        while began.elapsed() < WATCH {
            peak = peak.max(service.process.memory_mib()?);
            tokio::time::sleep(POLL_INTERVAL).await;
        }
        // a closed connection, or one with a response, is refused
        refused += connections.iter().filter(|stream| has_ended(stream)).count();
        println!("{path:20}{:>8.1} MiB more than {before:.1}; {refused} connections refused", peak - before);
        worst = worst.max(peak - before);
    }
    Ok(json!({"heads_rss_mib": rounded(worst)}))
}

fn has_ended(stream: &TcpStream) -> bool {
    !matches!(stream.try_read(&mut [0; 1]), Err(error) if error.kind() == ErrorKind::WouldBlock)
}
