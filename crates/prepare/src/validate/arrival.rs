//! `Arrival`: facts about a report's arrival, which the report itself cannot change.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use crate::Timestamp;

/// Facts about a report's arrival, which the report itself cannot change.
#[derive(Debug, Clone)]
pub struct Arrival {
    /// The project the report belongs to.
    pub project: String,
    /// Trust in the sender.
    pub sender: Sender,
    /// The client that sent it.
    pub client: Client,
    /// Time of the arrival.
    pub received_at: Timestamp,
}

/// Trust in the sender of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sender {
    /// Unknown, such as a browser.
    Anonymous,
    /// Sent a valid sender key (`AUTOHEAL_KEY`), which browsers never have.
    Keyed,
    /// A program on the operator's own machine.
    Local,
}

impl Sender {
    /// True for a sender that the operator knows: by its key, or as a program on the operator's machine.
    #[must_use]
    pub fn is_known(self) -> bool {
        self != Self::Anonymous
    }
}

/// The client that sent a report. Distinct clients are counted by it, because a sender can claim any name.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Client {
    /// A program of autoheal on this machine. Its report names the client that it watched.
    Own,
    /// The holder of a sender key, by a hash of the key.
    Key([u8; 8]),
    /// A network: one IPv4 address, or the first 48 bits of an IPv6 address, which is what one site usually has.
    Network(IpAddr),
}

impl Client {
    /// The network of an address.
    #[must_use]
    pub fn network(address: IpAddr) -> Self {
        Self::Network(match address.to_canonical() {
            IpAddr::V6(address) => IpAddr::from((u128::from(address) & (u128::MAX << 80)).to_be_bytes()),
            address => address,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_one_site_are_one_client() {
        let network = |address: &str| Client::network(address.parse().unwrap());
        assert_eq!(network("2001:db8:1:2::3"), network("2001:db8:1:ffff::1"));
        assert_ne!(network("2001:db8:1::1"), network("2001:db8:2::1"));
        assert_eq!(network("::ffff:192.0.2.1"), network("192.0.2.1"));
        assert_ne!(network("192.0.2.1"), network("192.0.2.2"));
    }
}
