//! `Guesses`: limits and logs wrong tokens and keys, for each client and for all clients together.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::error::ApiError;

/// Wrong guesses of one client in an interval. Further ones are refused without being compared.
const CLIENT_GUESSES: u32 = 10;
/// Wrong guesses of all clients in an interval. After that, a client may guess once.
const ALL_GUESSES: u32 = 100;
/// Time after which a client may guess again, and between two log lines.
const INTERVAL: Duration = Duration::from_secs(60);
/// Maximum number of clients whose guesses are counted. With more, unknown clients wait until the interval ends.
const MAX_CLIENTS: usize = 10_000;

/// Wrong guesses of one kind of secret.
#[derive(Debug)]
pub(crate) struct Guesses {
    secret: &'static str,
    counts: Arc<Mutex<Counts>>,
}

/// The wrong guesses of an interval, which begins with the first one.
#[derive(Debug, Default)]
struct Counts {
    since: Option<Instant>,
    all: u32,
    clients: HashMap<IpAddr, u32>,
}

/// Too many wrong guesses; the seconds until the next one.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct TooManyGuesses(pub(crate) u64);

impl Guesses {
    /// No guesses yet at this secret, which the log names.
    pub(crate) fn at(secret: &'static str) -> Self {
        Self { secret, counts: Arc::default() }
    }

    /// Compares a guess of this client, unless there were too many wrong ones. At an address that all clients share, a
    /// right one is accepted in any case, because one client could otherwise lock out all others.
    pub(crate) fn compare(
        &self,
        client: IpAddr,
        is_shared: bool,
        is_right: impl FnOnce() -> bool,
    ) -> Result<bool, TooManyGuesses> {
        let client = network(client);
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let elapsed = counts.since.map_or(Duration::ZERO, |since| since.elapsed());
        if elapsed >= INTERVAL {
            counts.close(self.secret);
        }
        let wait = || TooManyGuesses(INTERVAL.saturating_sub(elapsed).as_secs().max(1));
        let own = counts.clients.get(&client).copied().unwrap_or(0);
        let is_refused = own >= CLIENT_GUESSES
            || (counts.all >= ALL_GUESSES && own > 0)
            || (counts.clients.len() >= MAX_CLIENTS && own == 0);
        if (is_shared || !is_refused) && is_right() {
            return Ok(true);
        }
        let is_over = is_refused || counts.all >= ALL_GUESSES;
        counts.all = counts.all.saturating_add(1);
        if own > 0 || counts.clients.len() < MAX_CLIENTS {
            *counts.clients.entry(client).or_default() = own.saturating_add(1);
        }
        if counts.since.is_none() {
            let since = Instant::now();
            counts.since = Some(since);
            tracing::warn!(secret = self.secret, address = %client, count = 1, "a wrong secret was refused");
            self.close_later(since);
        }
        if is_over { Err(wait()) } else { Ok(false) }
    }

    /// Closes the interval at its end, although there may be no further guess.
    fn close_later(&self, since: Instant) {
        let (counts, secret) = (Arc::clone(&self.counts), self.secret);
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        runtime.spawn(async move {
            tokio::time::sleep(INTERVAL).await;
            let mut counts = counts.lock().unwrap_or_else(PoisonError::into_inner);
            if counts.since == Some(since) {
                counts.close(secret);
            }
        });
    }
}

impl Counts {
    /// Ends the interval, and logs the client with the most guesses.
    fn close(&mut self, secret: &str) {
        let Self { all, clients, .. } = std::mem::take(self);
        let most = clients.iter().max_by_key(|(_, count)| **count).filter(|_| all > 1);
        if let Some((address, count)) = most {
            let clients = clients.len();
            tracing::warn!(secret, %address, count, all, clients, "wrong secrets were refused in the last minute");
        }
    }
}

/// The client that is counted. An IPv6 subscriber may have a whole site (/48), which counts as one client.
fn network(client: IpAddr) -> IpAddr {
    match client.to_canonical() {
        IpAddr::V6(address) => IpAddr::from((u128::from(address) & (u128::MAX << 80)).to_be_bytes()),
        address => address,
    }
}

impl From<TooManyGuesses> for ApiError {
    fn from(TooManyGuesses(seconds): TooManyGuesses) -> Self {
        Self::too_many_guesses(seconds)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(number: u32) -> IpAddr {
        IpAddr::from(number.to_be_bytes())
    }

    #[test]
    fn a_client_that_guessed_too_often_waits_and_others_do_not() {
        let guesses = Guesses::at("token");
        for _ in 0..CLIENT_GUESSES {
            assert_eq!(guesses.compare(address(1), false, || false), Ok(false));
        }
        // also with the right secret, because a refusal must not reveal it
        let TooManyGuesses(seconds) = guesses.compare(address(1), false, || true).unwrap_err();
        assert!((1..=60).contains(&seconds), "{seconds}");
        assert_eq!(guesses.compare(address(2), false, || true), Ok(true));
        // all clients behind a proxy may share an address
        assert_eq!(guesses.compare(address(1), true, || true), Ok(true));
        assert!(guesses.compare(address(1), true, || false).is_err());
        let site = |host: u128| IpAddr::from(((0x2001_0db8_u128 << 96) | host).to_be_bytes());
        for host in 0..u128::from(CLIENT_GUESSES) {
            assert_eq!(guesses.compare(site(host << 64), false, || false), Ok(false));
        }
        assert!(guesses.compare(site(77), false, || true).is_err());
    }

    #[test]
    fn many_clients_that_guess_do_not_lock_out_the_others() {
        let guesses = Guesses::at("token");
        for client in 0..ALL_GUESSES {
            assert_eq!(guesses.compare(address(client), false, || false), Ok(false));
        }
        assert!(guesses.compare(address(0), false, || true).is_err(), "it has guessed");
        assert!(guesses.compare(address(1_000), false, || false).is_err());
        assert_eq!(guesses.compare(address(1_001), false, || true), Ok(true));
        for client in 2_000..2_000 + u32::try_from(MAX_CLIENTS).unwrap() {
            assert!(guesses.compare(address(client), false, || false).is_err());
        }
        let clients = guesses.counts.lock().unwrap().clients.len();
        assert_eq!(clients, MAX_CLIENTS);
    }
}
