//! Queries that read rows from SQLite.

use rusqlite::types::{FromSql, Type};
use rusqlite::{Connection, OptionalExtension, Params, Result, Row, params};
use strum::VariantArray;

use super::bundle;
use super::claim::WITHOUT_ISSUE;
use super::raise;
use super::unreadable::Unreadable;
use crate::{
    Approval, ClientHash, Detail, Group, GroupId, Intent, IntentId, IntentKind, IntentState, IssueText, Link, Raise,
    Release, Sample, SampleId, Status, TextForm, Usage, Work,
};
use autoheal_contract::{Severity, Source};
use autoheal_prepare::Timestamp;
use autoheal_prepare::fingerprint::Fingerprint;

/// Columns of a group, in the order that [`group`] reads.
pub(super) const GROUP: &str =
    "groups.id, groups.fingerprint, error_type, error_message, source, severity, count, clients,
    first_seen, last_seen, status, note, issue_number, issue_url, pull_number, pull_url, hand_over, shown_hash,
    counts_written, counts_at, revoked_label, class, known_count, known_clients, known, creator, text_sample, text_form,
    text_at, noise, noise_rule, lead, bundle, bundle_known, named, links, raised";

/// Columns of an intent, in the order that [`intent`] reads.
pub(super) const INTENT: &str = "id, group_id, kind, state, attempt, payload, outcome, planned_at, sent_at, act_at";

pub(super) fn groups(
    connection: &Connection,
    project: &str,
    limit: u32,
    unreadable: &Unreadable,
) -> Result<Vec<Group>> {
    // By the index on listed_at, which has whole seconds.
    let sql = format!(
        "SELECT {GROUP} FROM groups WHERE project_id = (SELECT id FROM projects WHERE name = ?1)
         ORDER BY listed_at DESC, id DESC LIMIT ?2"
    );
    let mut groups = readable(connection, &sql, params![project, limit], ("groups", unreadable), group)?;
    groups.sort_by_key(|group| std::cmp::Reverse((group.last_seen, group.id)));
    Ok(groups)
}

/// Runs a query whose first column is an id, and returns all rows that can be read. One damaged row must not hide the
/// others.
fn readable<T>(
    connection: &Connection,
    sql: &str,
    values: impl Params,
    (table, unreadable): (&'static str, &Unreadable),
    read: impl Fn(&Row<'_>) -> Result<T>,
) -> Result<Vec<T>> {
    let rows = all(connection, sql, values, |row| Ok((row.get::<_, i64>(0)?, read(row))))?;
    let mut found = Vec::with_capacity(rows.len());
    for (id, row) in rows {
        match row {
            Ok(row) => found.push(row),
            Err(error) if is_unreadable(&error) => unreadable.add(table, id, &error),
            Err(error) => return Err(error),
        }
    }
    Ok(found)
}

/// Whether the content of a row cannot be read, in contrast to a failure of the database.
pub(super) fn is_unreadable(error: &rusqlite::Error) -> bool {
    use rusqlite::Error;
    matches!(
        error,
        Error::FromSqlConversionFailure(..)
            | Error::InvalidColumnType(..)
            | Error::IntegralValueOutOfRange(..)
            | Error::Utf8Error(..)
    )
}

/// Reads a column; a value of a wrong type counts as the default. For rows that must not stop a whole transaction.
pub(super) fn or_default<T: FromSql + Default>(row: &Row<'_>, column: usize) -> Result<T> {
    match row.get(column) {
        Err(error) if is_unreadable(&error) => Ok(T::default()),
        value => value,
    }
}

pub(super) fn detail(
    connection: &Connection,
    project: &str,
    fingerprint: Fingerprint,
    unreadable: &Unreadable,
) -> Result<Option<Detail>> {
    let sql = format!(
        "SELECT {GROUP} FROM fingerprints AS alias JOIN groups ON groups.id = alias.group_id
         JOIN projects ON projects.id = alias.project_id WHERE projects.name = ?1 AND alias.fingerprint = ?2"
    );
    let found = readable(connection, &sql, params![project, fingerprint.0], ("groups", unreadable), group)?;
    let Some(group) = found.into_iter().next() else { return Ok(None) };
    let id = group.id.0;
    Ok(Some(Detail {
        samples: readable(connection, SAMPLES, params![id, MAX_SAMPLES], ("samples", unreadable), sample)?,
        releases: readable(connection, RELEASES, [id], ("releases", unreadable), release)?,
        intents: readable(connection, &intents_sql(), [id], ("intents", unreadable), intent)?,
        approvals: readable(connection, APPROVALS, [id], ("approvals", unreadable), approval)?,
        lead: bundle::lead(connection, &group)?,
        members: bundle::members(connection, group.id)?,
        related: bundle::related(connection, group.id)?,
        group,
    }))
}

pub(super) fn known_fingerprints(
    connection: &Connection,
    project: &str,
    fingerprints: &[Fingerprint],
) -> Result<Vec<Fingerprint>> {
    let mut statement = connection.prepare_cached(
        "SELECT 1 FROM fingerprints JOIN projects ON projects.id = project_id WHERE name = ?1 AND fingerprint = ?2",
    )?;
    let mut known = Vec::new();
    for fingerprint in fingerprints {
        if statement.exists(params![project, fingerprint.0])? {
            known.push(*fingerprint);
        }
    }
    Ok(known)
}

pub(super) fn work(connection: &Connection, id: GroupId) -> Result<Option<Work>> {
    let sql = format!("SELECT {GROUP} FROM groups WHERE id = ?1");
    let Some(group) = connection.prepare_cached(&sql)?.query_row([id.0], group).optional()? else { return Ok(None) };
    let Some(sample) = samples(connection, id, 1)?.pop() else { return Ok(None) };
    let page = if sample.report.source.unwrap_or_default().is_mcp() { page_sample(connection, id)? } else { None };
    Ok(Some(Work {
        sample,
        page,
        releases: releases(connection, id)?,
        intents: intents(connection, id)?,
        approval: approvals(connection, id)?.into_iter().rfind(|approval| approval.revoked_at.is_none()),
        lead: bundle::lead(connection, &group)?,
        members: bundle::members(connection, id)?,
        group,
    }))
}

/// The size of the store's files, and the groups that wait for an issue.
pub(super) fn usage(connection: &Connection) -> Result<Usage> {
    let path = connection.path().unwrap_or_default();
    let size = |suffix: &str| std::fs::metadata(format!("{path}{suffix}")).map_or(0, |file| file.len());
    // By the index groups_waiting. Not all are counted, because a flood may leave hundreds of thousands.
    let waiting = connection
        .prepare_cached(&format!("SELECT count(*) FROM (SELECT 1 FROM groups WHERE {WITHOUT_ISSUE} LIMIT ?1)"))?
        .query_row([Usage::MAX_WAITING], |row| row.get(0))?;
    let oldest_waiting = connection
        .prepare_cached(&format!(
            "SELECT first_seen FROM groups WHERE {WITHOUT_ISSUE} AND typeof(first_seen) = 'integer'
             ORDER BY first_seen LIMIT 1"
        ))?
        .query_row([], |row| row.get(0).map(Timestamp))
        .optional()?;
    Ok(Usage { bytes: size("") + size("-wal"), waiting, oldest_waiting })
}

/// Runs a query and returns all its rows.
pub(super) fn all<T>(
    connection: &Connection,
    sql: &str,
    values: impl Params,
    read: impl FnMut(&Row<'_>) -> Result<T>,
) -> Result<Vec<T>> {
    connection.prepare_cached(sql)?.query_map(values, read)?.collect()
}

/// Maximum number of samples of a group that are read.
const MAX_SAMPLES: u32 = 10;
// The first column of each is an id, by which an unreadable row is counted.
/// Samples of a group: the shown one, then the others in the order of their arrival.
const SAMPLES: &str =
    "SELECT samples.id, record, client FROM samples JOIN groups ON groups.id = group_id WHERE group_id = ?1
     ORDER BY samples.id IS NOT shown_sample, samples.id LIMIT ?2";
const RELEASES: &str = "SELECT group_id, release, count FROM releases WHERE group_id = ?1 ORDER BY first_seen LIMIT 50";
const APPROVALS: &str =
    "SELECT id, hash, login, labelled_at, revoked_at FROM approvals WHERE group_id = ?1 ORDER BY id";

fn intents_sql() -> String {
    format!("SELECT {INTENT} FROM intents WHERE group_id = ?1 ORDER BY id")
}

fn samples(connection: &Connection, group: GroupId, limit: u32) -> Result<Vec<Sample>> {
    all(connection, SAMPLES, params![group.0, limit], sample)
}

/// The first readable sample of a page, with a stack.
fn page_sample(connection: &Connection, group: GroupId) -> Result<Option<Sample>> {
    let samples = match samples(connection, group, MAX_SAMPLES) {
        Err(error) if is_unreadable(&error) => return Ok(None),
        samples => samples?,
    };
    let is_of_page = |sample: &Sample| {
        sample.report.source.unwrap_or_default() == Source::JavascriptSdk && sample.report.stack_trace.is_some()
    };
    Ok(samples.into_iter().find(is_of_page))
}

fn releases(connection: &Connection, group: GroupId) -> Result<Vec<Release>> {
    all(connection, RELEASES, [group.0], release)
}

fn intents(connection: &Connection, group: GroupId) -> Result<Vec<Intent>> {
    all(connection, &intents_sql(), [group.0], intent)
}

fn approvals(connection: &Connection, group: GroupId) -> Result<Vec<Approval>> {
    all(connection, APPROVALS, [group.0], approval)
}

fn sample(row: &Row<'_>) -> Result<Sample> {
    let json: String = row.get(1)?;
    let sample: Sample = serde_json::from_str(&json)
        .map_err(|error| rusqlite::Error::FromSqlConversionFailure(1, Type::Text, error.into()))?;
    let client: Option<[u8; 8]> = row.get(2)?;
    Ok(Sample { id: SampleId(row.get(0)?), client: client.map(ClientHash), ..sample })
}

fn release(row: &Row<'_>) -> Result<Release> {
    Ok(Release { release: row.get(1)?, count: row.get(2)? })
}

fn approval(row: &Row<'_>) -> Result<Approval> {
    Ok(Approval {
        hash: row.get(1)?,
        login: row.get(2)?,
        labelled_at: Timestamp(row.get(3)?),
        revoked_at: row.get::<_, Option<i64>>(4)?.map(Timestamp),
    })
}

pub(super) fn group(row: &Row<'_>) -> Result<Group> {
    let link = |number: Option<u64>, url: Option<String>| Some(Link { number: number?, url: url? });
    let rated = named(row, 5, Severity::VARIANTS, Severity::name)?;
    let raised = raise::read(or_default(row, 36)?);
    let counts: (Option<u64>, Option<i64>) = (row.get(18)?, row.get(19)?);
    Ok(Group {
        id: GroupId(row.get(0)?),
        fingerprint: Fingerprint(row.get(1)?),
        error_type: row.get(2)?,
        error_message: row.get(3)?,
        source: named(row, 4, Source::VARIANTS, Source::name)?,
        class: row.get(21)?,
        severity: if raised.is_some() { Raise::above(rated) } else { rated },
        rated,
        raised,
        count: row.get(6)?,
        known_count: row.get(22)?,
        clients: row.get(7)?,
        known_clients: row.get(23)?,
        known: row.get(24)?,
        creator: ClientHash(row.get(25)?),
        first_seen: Timestamp(row.get(8)?),
        last_seen: Timestamp(row.get(9)?),
        status: named(row, 10, Status::VARIANTS, Status::name)?,
        note: row.get(11)?,
        issue: link(row.get(12)?, row.get(13)?),
        text: text(row)?,
        pull: link(row.get(14)?, row.get(15)?),
        hand_over: row.get(16)?,
        shown_hash: row.get(17)?,
        counts_written: counts.0.zip(counts.1.map(Timestamp)),
        revoked_label: row.get::<_, Option<i64>>(20)?.map(Timestamp),
        noise: row.get(29)?,
        noise_rule: row.get(30)?,
        membership: bundle::membership(row, 31)?,
        links: bundle::links(row, 35)?,
    })
}

fn text(row: &Row<'_>) -> Result<Option<IssueText>> {
    let Some(sample) = row.get::<_, Option<i64>>(26)? else { return Ok(None) };
    let form = named(row, 27, TextForm::VARIANTS, TextForm::name)?;
    let changed_at = row.get::<_, Option<i64>>(28)?.map(Timestamp);
    Ok(Some(IssueText { sample: SampleId(sample), form, changed_at }))
}

pub(super) fn intent(row: &Row<'_>) -> Result<Intent> {
    Ok(Intent {
        id: IntentId(row.get(0)?),
        group: row.get::<_, Option<i64>>(1)?.map(GroupId),
        kind: named(row, 2, IntentKind::VARIANTS, IntentKind::name)?,
        state: named(row, 3, IntentState::VARIANTS, IntentState::name)?,
        attempt: row.get(4)?,
        payload: row.get(5)?,
        outcome: row.get(6)?,
        planned_at: Timestamp(row.get(7)?),
        sent_at: Timestamp(row.get(8)?),
        act_at: Timestamp(row.get(9)?),
    })
}

/// Reads a column that holds the name of an enum's variant.
pub(super) fn named<T: Copy>(row: &Row<'_>, column: usize, variants: &[T], name: fn(T) -> &'static str) -> Result<T> {
    let text: String = row.get(column)?;
    variants.iter().copied().find(|variant| name(*variant) == text).ok_or_else(|| {
        rusqlite::Error::FromSqlConversionFailure(column, Type::Text, format!("unknown name {text}").into())
    })
}
