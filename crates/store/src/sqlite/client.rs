//! The hash of a client, as stored in the file.

use autoheal_prepare::validate::Client;
use sha2::{Digest, Sha256};

use crate::{ClientHash, Record};

/// Hash of the client that sent a record. It must not change between versions, as the standard hasher may. The salt keeps
/// the hash of an address from being the same in every store.
pub(super) fn hash(salt: &[u8], record: &Record) -> ClientHash {
    let mut hasher = Sha256::new();
    hasher.update(salt);
    match &record.arrival().client {
        Client::Own => {
            // apart, so that a client of a program that serves others is no known one elsewhere
            hasher.update(if record.arrival().sender.is_known() { "own " } else { "own of others " });
            hasher.update(record.named_client().unwrap_or_default());
        }
        Client::Key(key) => {
            hasher.update(b"key ");
            hasher.update(key);
        }
        Client::Network(address) => {
            hasher.update(b"network ");
            hasher.update(address.to_string());
        }
    }
    let mut hash = [0; 8];
    hash.copy_from_slice(&hasher.finalize()[..8]);
    ClientHash(hash)
}
