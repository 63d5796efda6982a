//! Checks that the tables are there that each report needs.

use rusqlite::Connection;

use super::cache;
use super::writer::StoreResult;
use crate::StoreError;

/// Statements that read every column which a report reads or writes.
const READS: [&str; 9] = [
    "SELECT id, name FROM projects LIMIT 1",
    "SELECT id, project_id, fingerprint, error_type, error_message, source, class, severity, count, known_count, clients,
         known_clients, first_seen, last_seen, listed_at, known, creator, shown_sample, sample_chosen, issue_number,
         status, act_at, noise, noise_rule FROM groups LIMIT 1",
    "SELECT project_id, fingerprint, group_id FROM fingerprints LIMIT 1",
    "SELECT project_id, id, group_id, seen_at FROM report_ids LIMIT 1",
    "SELECT id, group_id, seen_at, record, known, client FROM samples LIMIT 1",
    "SELECT group_id, release, count, first_seen, last_seen FROM releases LIMIT 1",
    "SELECT group_id, client, known FROM clients LIMIT 1",
    "SELECT id, project_id, is_server, by_trace, by_id, group_id, opened, count, known, genuine, noise,
         paired, seen_at FROM call_ends LIMIT 1",
    "SELECT name, value FROM meta LIMIT 1",
];

/// Fails if a table or a column is missing, or if no new group can get an id.
pub(super) fn read(connection: &Connection) -> StoreResult<()> {
    let run = || {
        for sql in READS {
            connection.prepare_cached(sql)?.query([])?.next()?;
        }
        cache::new_id(connection)
    };
    run().map(drop).map_err(StoreError::from)
}
