//! `Ageing`: the times by which ages are measured, which a wrong clock moves only slowly.

use std::time::{Duration, Instant};

use rusqlite::{Connection, OptionalExtension, Result, params};

use autoheal_prepare::Timestamp;

/// Time between two maintenances.
const INTERVAL: Duration = Duration::from_secs(3600);
/// Maximum time by which groups age from one maintenance to the next, because a clock that jumps ahead for an hour must
/// not delete everything.
const MAX_AGEING: Duration = Duration::from_secs(24 * 3600);
/// The same for report ids, so that no report that is sent again is counted twice.
const MAX_ID_AGEING: Duration = Duration::from_secs(2 * 3600);
/// Time by which the clock may be behind the last maintenance without a warning.
const MAX_LAG: Duration = Duration::from_secs(3600);

const IDS: &str = "ids_aged_to";
const GROUPS: &str = "groups_aged_to";
/// Time that earlier processes ran since the last maintenance, in milliseconds.
const RUN_TIME: &str = "run_since_maintenance";

/// The times by which ages are measured.
#[derive(Debug, Clone, Copy)]
pub(super) struct Aged {
    pub(super) ids: Timestamp,
    pub(super) groups: Timestamp,
}

/// Decides how far ages go on. At a start, they go on only for the time that the service ran since the last maintenance:
/// a service that starts a hundred times would else age everything a hundred times.
pub(super) struct Ageing {
    /// Time since which this process has not aged anything.
    since: Instant,
    /// False before the first maintenance of this process.
    started: bool,
    warned: bool,
}

impl Ageing {
    pub(super) fn new() -> Self {
        Self { since: Instant::now(), started: false, warned: false }
    }

    /// The times of a new maintenance: now, but at most as much later than at the last one as ages may go on. Stores them.
    pub(super) fn age(&mut self, connection: &Connection, now: Timestamp) -> Result<Aged> {
        let part = if self.started { 1.0 } else { self.run_time(connection)?.div_duration_f64(INTERVAL).min(1.0) };
        let aged = Aged {
            ids: self.age_one(connection, IDS, now, MAX_ID_AGEING.mul_f64(part))?,
            groups: self.age_one(connection, GROUPS, now, MAX_AGEING.mul_f64(part))?,
        };
        set(connection, RUN_TIME, 0)?;
        (self.since, self.started) = (Instant::now(), true);
        Ok(aged)
    }

    /// The times of the last maintenance.
    pub(super) fn last(connection: &Connection, now: Timestamp) -> Result<Aged> {
        let one = |name| Ok::<_, rusqlite::Error>(get(connection, name)?.map_or(now, |last| now.min(Timestamp(last))));
        Ok(Aged { ids: one(IDS)?, groups: one(GROUPS)? })
    }

    /// The stored time never goes back, because a clock that was wrong once would stop all ageing until it has caught up.
    fn age_one(&mut self, connection: &Connection, name: &str, now: Timestamp, most: Duration) -> Result<Timestamp> {
        let last = get(connection, name)?;
        let aged = last.map_or(now, |last| now.min(Timestamp(last).plus(most)));
        if let Some(last) = last
            && now.plus(MAX_LAG) < Timestamp(last)
            && !std::mem::replace(&mut self.warned, true)
        {
            tracing::warn!(
                clock = %now,
                last = %Timestamp(last),
                "store: the clock is behind the last maintenance; less is deleted for its age until it is right"
            );
        }
        set(connection, name, last.map_or(aged.0, |last| last.max(aged.0)))?;
        Ok(aged)
    }

    /// The time that the service ran since the last maintenance.
    fn run_time(&self, connection: &Connection) -> Result<Duration> {
        let earlier = get(connection, RUN_TIME)?.and_then(|earlier| u64::try_from(earlier).ok()).unwrap_or(0);
        Ok(Duration::from_millis(earlier).saturating_add(self.since.elapsed()))
    }

    /// Stores that time for the next process.
    pub(super) fn store_run_time(&self, connection: &Connection) {
        let stored = self.run_time(connection).and_then(|time| {
            set(connection, RUN_TIME, i64::try_from(time.min(INTERVAL).as_millis()).unwrap_or(i64::MAX))
        });
        if let Err(error) = stored {
            tracing::debug!(%error, "store: the run time could not be stored");
        }
    }
}

fn get(connection: &Connection, name: &str) -> Result<Option<i64>> {
    let value: Option<Option<i64>> = connection
        .prepare_cached("SELECT CASE typeof(value) WHEN 'integer' THEN value END FROM meta WHERE name = ?1")?
        .query_row([name], |row| row.get(0))
        .optional()?;
    Ok(value.flatten())
}

fn set(connection: &Connection, name: &str, value: i64) -> Result<()> {
    connection
        .prepare_cached("INSERT OR REPLACE INTO meta (name, value) VALUES (?1, ?2)")?
        .execute(params![name, value])
        .map(drop)
}
