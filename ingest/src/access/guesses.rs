//! `Guesses`: limits and logs wrong tokens and keys, for each client and for all clients together.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::error::ApiError;

/// Time after which a client may guess again, and between two log lines.
const INTERVAL: Duration = Duration::from_secs(60);
/// Maximum number of clients whose guesses are counted.
const MAX_CLIENTS: usize = 10_000;

/// The limits of guesses at one kind of secret, in an interval.
#[derive(Debug, Clone, Copy)]
struct Limits {
    /// Wrong guesses of one client. Further ones are refused without being compared.
    of_client: u32,
    /// Wrong guesses of all clients. After that, a client may guess once, and with too many clients, unknown ones wait until
    /// the interval ends. `None` if honest clients send other values here, so that many clients prove nothing.
    of_all: Option<u32>,
    /// The number of a client's guesses that is logged.
    logged: u32,
}

/// Wrong guesses of one kind of secret.
#[derive(Debug)]
pub(crate) struct Guesses {
    secret: &'static str,
    limits: Limits,
    hasher: RandomState,
    counts: Arc<Mutex<Counts>>,
}

/// The wrong guesses of an interval, which begins with the first one.
#[derive(Debug, Default)]
struct Counts {
    since: Option<Instant>,
    is_logged: bool,
    all: u32,
    clients: HashMap<IpAddr, Wrong>,
}

/// The wrong guesses of one client.
#[derive(Debug, Default)]
struct Wrong {
    count: u32,
    /// Hashes of different ones. Unused for a secret whose repeated guesses count.
    different: Vec<u64>,
}

/// Too many wrong guesses; the seconds until the next one.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct TooManyGuesses(pub(crate) u64);

impl Guesses {
    /// No guesses yet at this secret, which the log names.
    pub(crate) fn at(secret: &'static str) -> Self {
        Self::with_limits(secret, Limits { of_client: 10, of_all: Some(100), logged: 1 })
    }

    /// No guesses yet at a key that pages contain. A page with an old key sends it again and again, which is one guess.
    pub(crate) fn at_public_key(secret: &'static str) -> Self {
        Self::with_limits(secret, Limits { of_client: 10, of_all: None, logged: 1 })
    }

    /// No guesses yet at this secret in requests to another server, which have tokens of that server: clients with a few
    /// different ones are honest, and are not logged.
    pub(crate) fn among_tokens_of_others(secret: &'static str) -> Self {
        Self::with_limits(secret, Limits { of_client: 60, of_all: None, logged: 60 })
    }

    fn with_limits(secret: &'static str, limits: Limits) -> Self {
        Self { secret, limits, hasher: RandomState::new(), counts: Arc::default() }
    }

    /// Compares a guess of this client, unless there were too many wrong ones. At an address that all clients share, a
    /// right one is accepted in any case, because one client could otherwise lock out all others.
    pub(crate) fn compare(
        &self,
        client: IpAddr,
        is_shared: bool,
        guess: &str,
        is_right: impl FnOnce(&str) -> bool,
    ) -> Result<bool, TooManyGuesses> {
        let client = network(client);
        let Limits { of_client, of_all, logged } = self.limits;
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let elapsed = counts.since.map_or(Duration::ZERO, |since| since.elapsed());
        if elapsed >= INTERVAL {
            counts.close(self.secret);
        }
        let wait = || TooManyGuesses(INTERVAL.saturating_sub(elapsed).as_secs().max(1));
        let known = counts.clients.get(&client);
        let own = known.map_or(0, |wrong| wrong.count);
        let hash = of_all.is_none().then(|| self.hasher.hash_one(guess));
        if known.is_some_and(|wrong| hash.is_some_and(|hash| wrong.different.contains(&hash))) {
            return Ok(false);
        }
        let is_all_over = of_all.is_some_and(|of_all| counts.all >= of_all);
        let is_full = of_all.is_some() && counts.clients.len() >= MAX_CLIENTS;
        let is_refused = own >= of_client || (is_all_over && own > 0) || (is_full && own == 0);
        if (is_shared || !is_refused) && is_right(guess) {
            return Ok(true);
        }
        counts.all = counts.all.saturating_add(1);
        if own > 0 || counts.clients.len() < MAX_CLIENTS {
            let wrong = counts.clients.entry(client).or_default();
            wrong.count = own.saturating_add(1);
            wrong.different.extend(hash.filter(|_| own < of_client));
        }
        if counts.since.is_none() {
            let since = Instant::now();
            counts.since = Some(since);
            self.close_later(since);
        }
        if own + 1 >= logged && !counts.is_logged {
            counts.is_logged = true;
            tracing::warn!(secret = self.secret, address = %client, count = own + 1, "a wrong secret was refused");
        }
        if is_refused || is_all_over { Err(wait()) } else { Ok(false) }
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
        let Self { is_logged, all, clients, .. } = std::mem::take(self);
        let most = clients.iter().max_by_key(|(_, wrong)| wrong.count).filter(|_| is_logged && all > 1);
        if let Some((address, Wrong { count, .. })) = most {
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

    fn wrong(guesses: &Guesses, client: IpAddr) -> Result<bool, TooManyGuesses> {
        guesses.compare(client, false, "wrong", |_| false)
    }

    fn right(guesses: &Guesses, client: IpAddr, is_shared: bool) -> Result<bool, TooManyGuesses> {
        guesses.compare(client, is_shared, "right", |_| true)
    }

    #[test]
    fn a_client_that_guessed_too_often_waits_and_others_do_not() {
        let guesses = Guesses::at("token");
        for _ in 0..10 {
            assert_eq!(wrong(&guesses, address(1)), Ok(false));
        }
        // also with the right secret, because a refusal must not reveal it
        let TooManyGuesses(seconds) = right(&guesses, address(1), false).unwrap_err();
        assert!((1..=60).contains(&seconds), "{seconds}");
        assert_eq!(right(&guesses, address(2), false), Ok(true));
        // all clients behind a proxy may share an address
        assert_eq!(right(&guesses, address(1), true), Ok(true));
        assert!(guesses.compare(address(1), true, "wrong", |_| false).is_err());
        let site = |host: u128| IpAddr::from(((0x2001_0db8_u128 << 96) | host).to_be_bytes());
        for host in 0..10 {
            assert_eq!(wrong(&guesses, site(host << 64)), Ok(false));
        }
        assert!(right(&guesses, site(77), false).is_err());
    }

    #[test]
    fn many_clients_that_guess_do_not_lock_out_the_others() {
        let guesses = Guesses::at("token");
        for client in 0..100 {
            assert_eq!(wrong(&guesses, address(client)), Ok(false));
        }
        assert!(right(&guesses, address(0), false).is_err(), "it has guessed");
        assert!(wrong(&guesses, address(1_000)).is_err());
        assert_eq!(right(&guesses, address(1_001), false), Ok(true));
        for client in 2_000..2_000 + u32::try_from(MAX_CLIENTS).unwrap() {
            assert!(wrong(&guesses, address(client)).is_err());
        }
        let clients = guesses.counts.lock().unwrap().clients.len();
        assert_eq!(clients, MAX_CLIENTS);
    }

    #[test]
    fn where_honest_clients_send_other_values_only_different_ones_of_one_client_count() {
        let guesses = Guesses::among_tokens_of_others("token");
        for client in 0..u32::try_from(MAX_CLIENTS).unwrap() + 5 {
            assert_eq!([wrong(&guesses, address(client)), wrong(&guesses, address(client))], [Ok(false), Ok(false)]);
        }
        assert_eq!(right(&guesses, address(99_999), false), Ok(true));
        let guess = |number: u32| guesses.compare(address(1), false, &number.to_string(), |_| false);
        for number in 1..60 {
            assert_eq!(guess(number), Ok(false));
        }
        assert!(guess(60).is_err() && right(&guesses, address(1), false).is_err());
        // those that are known to be wrong
        assert_eq!([guess(1), guess(59), wrong(&guesses, address(1))], [Ok(false), Ok(false), Ok(false)]);
    }
}
