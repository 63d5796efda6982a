//! The hash of a session id, by which two reports name the same session without the id itself.

/// Hashes the value of `Mcp-Session-Id`: FNV-1a with 64 bits, for its small code in the browser.
///
/// MCP requires an id that cannot be guessed, so neither can its hash, and the hash does not tell which of the many ids
/// with this hash it was.
#[must_use]
pub fn session_hash(session: &[u8]) -> u64 {
    session
        .iter()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3))
}
