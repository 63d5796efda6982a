//! `Intake`: moves spooled reports of this machine into the store of `serve`, at its start and periodically.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use autoheal_contract::limits::BATCH_REPORTS;
use autoheal_deliver::spool::{Recipient, Spool, SpooledReport};
use autoheal_deliver::store_name;
use autoheal_prepare::ScrubLevel;
use autoheal_prepare::rules::Rules;
use autoheal_store::{Clock, Store, StoreError};
use axum::http::Uri;
use tokio::sync::Notify;

use crate::own_store::{MAP_BYTES, records as records_of};
use crate::source_maps::{Finish, LookupCache};

/// Moves spooled reports into the store.
pub struct Intake {
    /// The destination.
    pub store: Arc<dyn Store>,
    /// The file of the store.
    pub store_file: PathBuf,
    /// The address on which the service listens.
    pub listen: SocketAddr,
    /// The URL of the service for others.
    pub public_url: Option<String>,
    /// The clock for the time of arrival.
    pub clock: Clock,
    /// Notified, for the worker, after new reports were stored.
    pub wake: Arc<Notify>,
    /// The level of scrubbing.
    pub scrub: ScrubLevel,
    /// The operator's rules for frames and groups.
    pub rules: Arc<Rules>,
}

impl Intake {
    /// Moves the spooled reports once per `interval`. Never returns.
    pub async fn run(self, interval: Duration) {
        let mut next = tokio::time::interval_at(tokio::time::Instant::now() + interval, interval);
        loop {
            next.tick().await;
            self.run_once().await;
        }
    }

    /// Moves the spooled reports. After an error they stay in the spool.
    pub async fn run_once(&self) {
        if let Ok(spool) = Spool::open()
            && let Err(error) = self.move_reports(&spool).await
        {
            tracing::warn!(%error, "spooled reports of this machine could not be stored; trying again later");
        }
    }

    async fn move_reports(&self, spool: &Spool) -> Result<(), StoreError> {
        let Some(lock) = spool.try_lock() else { return Ok(()) };
        let spooled = spool.reports(&lock, |recipient| self.is_for_this_service(recipient));
        // closed after each run, because the spool is mostly empty
        let lookups = LookupCache::new(MAP_BYTES);
        for batch in spooled.chunks(BATCH_REPORTS) {
            let (now, scrub, rules) = (self.clock.now(), self.scrub, &*self.rules);
            let finish = Finish { lookups: &lookups, store: &*self.store, now, scrub, rules };
            let mut records = Vec::new();
            for spooled in batch {
                records.extend(records_of(spooled, &finish).await);
            }
            let reports = records.len();
            if reports > 0 {
                self.store.accept(records).await?;
                tracing::info!(reports, "stored spooled reports");
                self.wake.notify_one();
            }
            batch.iter().for_each(SpooledReport::remove);
        }
        Ok(())
    }

    /// True if a report is meant for this store, or for this service. Other reports stay, because they belong to another
    /// operator or another repository.
    fn is_for_this_service(&self, Recipient { url, store, .. }: &Recipient) -> bool {
        match url {
            None => *store == store_name(&self.store_file),
            Some(url) => names_service(url, self.listen, self.public_url.as_deref()),
        }
    }
}

/// True if a base URL names the service that listens on this address, or that has this public URL.
fn names_service(url: &str, listen: SocketAddr, public_url: Option<&str>) -> bool {
    let Some((scheme, host, port)) = authority(url) else { return false };
    if public_url.and_then(authority).is_some_and(|public| public == (scheme.clone(), host.clone(), port)) {
        return true;
    }
    let is_any = listen.ip().is_unspecified();
    let is_host = match host.trim_matches(['[', ']']).parse::<IpAddr>() {
        Ok(address) => address == listen.ip() || is_any && address.is_loopback(),
        Err(_) => host == "localhost" && (is_any || listen.ip().is_loopback()),
    };
    scheme == "http" && is_host && port == listen.port()
}

/// Scheme, host and port of a base URL; `None` with a path, below which another service may be.
fn authority(url: &str) -> Option<(String, String, u16)> {
    let uri: Uri = url.trim().trim_end_matches('/').parse().ok()?;
    let scheme = uri.scheme_str()?.to_ascii_lowercase();
    let port = uri.port_u16().or(match scheme.as_str() {
        "http" => Some(80),
        "https" => Some(443),
        _ => None,
    })?;
    let is_plain = uri.path() == "/" && uri.query().is_none();
    is_plain.then(|| Some((scheme, uri.host()?.to_ascii_lowercase(), port)))?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_its_own_address_and_public_url_name_a_service() {
        let check = |url: &str, listen: &str, expected: bool| {
            let names = names_service(url, listen.parse().unwrap(), Some("https://errors.example"));
            assert_eq!(names, expected, "{url} for {listen}");
        };
        for url in
            ["http://127.0.0.1:8787", "http://127.0.0.1:8787/", "http://LOCALHOST:8787", "https://errors.example/"]
        {
            check(url, "127.0.0.1:8787", true);
            check(url, "0.0.0.0:8787", true);
        }
        check("http://[::1]:8787", "[::]:8787", true);
        check("http://192.0.2.7:8787", "192.0.2.7:8787", true);
        for url in [
            "http://127.0.0.1:9",
            "http://localhost",
            "https://127.0.0.1:8787",
            "http://127.0.0.2:8787",
            "http://[::1]:8787",
            "http://127.0.0.1:8787/other",
            "http://127.0.0.1.evil.example:8787",
            "http://localhost@evil.example:8787",
            "http://errors.example",
            "https://errors.example:8443",
            "no url",
        ] {
            check(url, "127.0.0.1:8787", false);
        }
    }
}
