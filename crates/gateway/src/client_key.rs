//! `ClientKey`: the key of the hashes by which reports name the networks of callers.

use std::collections::hash_map::RandomState;
use std::fmt;
use std::hash::BuildHasher;
use std::net::IpAddr;

use autoheal_prepare::validate::Client;
use sha2::{Digest, Sha256};

/// Length of a key, in bytes.
const LENGTH: usize = 32;

/// The key of the hashes by which reports name the networks of callers. With the same key, a caller is the same client
/// after a restart. Without it, the address behind a hash cannot be found by trying all.
#[derive(Clone)]
pub struct ClientKey([u8; LENGTH]);

impl ClientKey {
    /// A key of this process.
    #[must_use]
    pub fn random() -> Self {
        let mut key = [0; LENGTH];
        for part in key.chunks_mut(8) {
            part.copy_from_slice(&RandomState::new().hash_one(0).to_le_bytes());
        }
        Self(key)
    }

    /// The key in the text of a file: 64 hexadecimal digits.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.trim().as_bytes();
        if digits.len() != 2 * LENGTH {
            return None;
        }
        let mut key = [0; LENGTH];
        for (byte, pair) in key.iter_mut().zip(digits.chunks(2)) {
            let digit = |at: usize| char::from(pair[at]).to_digit(16);
            *byte = u8::try_from(digit(0)? << 4 | digit(1)?).ok()?;
        }
        Some(Self(key))
    }

    /// The hash of an address's network.
    pub(super) fn hash(&self, address: IpAddr) -> u64 {
        let network = match Client::network(address) {
            Client::Network(network) => network,
            Client::Own | Client::Key(_) => address,
        };
        let digest = Sha256::new().chain_update(self.0);
        let digest = match network {
            IpAddr::V4(address) => digest.chain_update(address.octets()),
            IpAddr::V6(address) => digest.chain_update(address.octets()),
        };
        let mut hash = [0; 8];
        hash.copy_from_slice(&digest.finalize()[..8]);
        u64::from_le_bytes(hash)
    }
}

impl fmt::Debug for ClientKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("ClientKey")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_depends_on_the_network_and_on_every_byte_of_the_key() {
        let key = ClientKey::parse(&"0f".repeat(LENGTH)).unwrap();
        let hash = |address: &str| key.hash(address.parse().unwrap());
        assert_eq!(hash("192.0.2.1"), hash("::ffff:192.0.2.1"));
        assert_eq!(hash("2001:db8:1:2::3"), hash("2001:db8:1:3::4"));
        assert_ne!(hash("192.0.2.1"), hash("192.0.2.2"));
        for at in 0..LENGTH {
            let mut other = key.clone();
            other.0[at] ^= 1;
            assert_ne!(other.hash([192, 0, 2, 1].into()), hash("192.0.2.1"));
        }
        assert_ne!(ClientKey::random().0, ClientKey::random().0);
    }

    #[test]
    fn only_64_hexadecimal_digits_are_a_key() {
        assert!(ClientKey::parse(&format!("{}\n", "aF".repeat(LENGTH))).is_some());
        for text in ["", "0f", &"g0".repeat(LENGTH), &"0f".repeat(LENGTH + 1), &"\u{e9}".repeat(LENGTH)] {
            assert!(ClientKey::parse(text).is_none(), "{text}");
        }
    }
}
