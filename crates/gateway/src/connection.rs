//! Settings of accepted connections: small writes leave at once, and keepalive probes detect a vanished peer.

use std::time::Duration;

use socket2::{SockRef, TcpKeepalive};
use tokio::net::TcpStream;

/// Silence before the first keepalive probe.
pub(crate) const KEEPALIVE_IDLE: Duration = Duration::from_secs(60);
/// Time between two keepalive probes.
pub(crate) const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(15);
/// Unanswered keepalive probes after which the peer counts as gone.
pub(crate) const KEEPALIVE_RETRIES: u32 = 4;

/// Maximum size of each buffer of a connection, and so of a message's head, in bytes. Node accepts heads of half this size.
pub(crate) const MAX_BUFFER_BYTES: usize = 32 * 1024;

/// Configures an accepted connection. Errors are ignored, because the connection works without these settings.
pub(crate) fn configure_connection(stream: &TcpStream) {
    let _slower = stream.set_nodelay(true);
    let probes =
        TcpKeepalive::new().with_time(KEEPALIVE_IDLE).with_interval(KEEPALIVE_INTERVAL).with_retries(KEEPALIVE_RETRIES);
    let _detected_later = SockRef::from(stream).set_tcp_keepalive(&probes);
}
