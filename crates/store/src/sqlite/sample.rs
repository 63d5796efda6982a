//! Samples of a group, and the choice of the one that people and agents are shown.

use rusqlite::types::Type;
use rusqlite::{Connection, OptionalExtension, Result, params};

use super::accept::{MAX_NAME_BYTES, start};
use super::bundle;
use super::work::PROJECT;
use crate::{ClientHash, Sample, SampleId};
use autoheal_prepare::fingerprint::{Fingerprint, Fingerprinted};
use autoheal_prepare::severity::severity;
use autoheal_prepare::{Timestamp, headline};

/// Maximum size of the message in a group's row, in bytes. Lists show at most 240 characters.
const MAX_MESSAGE_BYTES: usize = 1_000;

/// The start of a message, which lists show. The whole message is in the samples.
pub(super) fn message_start(message: &str) -> &str {
    start(message.trim_start(), MAX_MESSAGE_BYTES)
}

/// The JSON of a record's sample.
pub(super) fn json(record: &Fingerprinted) -> Result<String> {
    serde_json::to_string(&Sample::of(record)).map_err(|error| rusqlite::Error::ToSqlConversionFailure(error.into()))
}

/// Inserts the sample of a record.
pub(super) fn insert(
    connection: &Connection,
    group: i64,
    record: &Fingerprinted,
    json: &str,
    client: ClientHash,
) -> Result<SampleId> {
    let known = record.arrival().sender.is_known();
    connection
        .prepare_cached("INSERT INTO samples (group_id, seen_at, record, known, client) VALUES (?1, ?2, ?3, ?4, ?5)")?
        .execute(params![group, record.received_at().0, json, known, client.0])?;
    Ok(SampleId(connection.last_insert_rowid()))
}

/// Deletes the newest sample of an unknown sender that is not shown, and returns its size; none if there is no such
/// sample.
pub(super) fn make_space(connection: &Connection, group: i64) -> Result<Option<usize>> {
    connection
        .prepare_cached(
            "DELETE FROM samples WHERE id = (SELECT max(samples.id) FROM samples JOIN groups ON groups.id = group_id
             WHERE group_id = ?1 AND samples.known = 0 AND samples.id IS NOT shown_sample)
             RETURNING octet_length(record)",
        )?
        .query_row([group], |row| row.get(0))
        .optional()
}

/// Shows the sample of this record from now on. Makes the group due, because its issue may hold the old text.
pub(super) fn show(connection: &Connection, group: i64, sample: SampleId, record: &Fingerprinted) -> Result<()> {
    let report = record.report();
    let (error_type, error_message) = headline(report);
    connection
        .prepare_cached(
            "UPDATE groups SET shown_sample = ?2, error_type = ?3, error_message = ?4, source = ?5, class = ?6,
                 severity = ?7 WHERE id = ?1",
        )?
        .execute(params![
            group,
            sample.0,
            error_type,
            message_start(&error_message),
            record.source().name(),
            report.class.as_deref().map(|class| start(class, MAX_NAME_BYTES)),
            record.severity().name(),
        ])?;
    make_due(connection, group, record.received_at())
}

/// Makes a group due at once, whatever it waits for, because its text or its trust changed: a stranger who reports a
/// failure first must not delay the report of a known sender. After a refusal by GitHub the wait stays.
pub(super) fn make_due(connection: &Connection, group: i64, now: Timestamp) -> Result<()> {
    connection
        .prepare_cached(
            "UPDATE groups SET act_at = CASE status WHEN 'refused' THEN coalesce(act_at, ?2) ELSE ?2 END
             WHERE id = ?1 AND (act_at IS NULL OR act_at > ?2)",
        )?
        .execute(params![group, now.0])
        .map(drop)
}

/// Shows a sample that the operator chose. Returns false if the group has no such sample.
pub(super) fn choose(
    connection: &Connection,
    project: &str,
    fingerprint: Fingerprint,
    sample: SampleId,
    now: Timestamp,
) -> Result<bool> {
    let found: Option<(i64, String)> = connection
        .prepare_cached(&format!(
            "SELECT samples.group_id, record FROM samples JOIN fingerprints AS alias ON alias.group_id = samples.group_id
             WHERE alias.project_id = {PROJECT} AND alias.fingerprint = ?2 AND samples.id = ?3"
        ))?
        .query_row(params![project, fingerprint.0, sample.0], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let Some((group, json)) = found else { return Ok(false) };
    let chosen: Sample = serde_json::from_str(&json)
        .map_err(|error| rusqlite::Error::FromSqlConversionFailure(0, Type::Text, error.into()))?;
    show_stored(connection, group, sample, &chosen)?;
    // its frames and causes may be another sender's
    bundle::delete_traits(connection, group)?;
    connection.prepare_cached("UPDATE groups SET sample_chosen = 1 WHERE id = ?1")?.execute([group])?;
    make_due(connection, group, now)?;
    Ok(true)
}

/// Shows a sample that is stored already. Its severity depends on its content and on the trust in its own sender.
pub(super) fn show_stored(connection: &Connection, group: i64, id: SampleId, sample: &Sample) -> Result<()> {
    let report = &sample.report;
    let (error_type, error_message) = headline(report);
    connection
        .prepare_cached(
            "UPDATE groups SET shown_sample = ?2, error_type = ?3, error_message = ?4, source = ?5, class = ?6,
                 severity = ?7 WHERE id = ?1",
        )?
        .execute(params![
            group,
            id.0,
            error_type,
            message_start(&error_message),
            report.source.unwrap_or_default().name(),
            report.class.as_deref().map(|class| start(class, MAX_NAME_BYTES)),
            severity(report, sample.sender).name(),
        ])
        .map(drop)
}
