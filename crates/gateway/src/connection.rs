//! What connections are set to: small writes leave at once, and a peer that vanished without a word is found out.

use std::time::Duration;

use socket2::{SockRef, TcpKeepalive};
use tokio::net::TcpStream;

/// A peer that says nothing for so long is asked whether it is there, so often, and so many times.
pub(crate) const QUIET: Duration = Duration::from_secs(60);
pub(crate) const BETWEEN: Duration = Duration::from_secs(15);
pub(crate) const TIMES: u32 = 4;

/// For one that was accepted. Where that cannot be done the connection works all the same.
pub fn prepare(stream: &TcpStream) {
    let _slower = stream.set_nodelay(true);
    let probes = TcpKeepalive::new().with_time(QUIET).with_interval(BETWEEN).with_retries(TIMES);
    let _found_out_later = SockRef::from(stream).set_tcp_keepalive(&probes);
}
