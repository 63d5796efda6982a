//! Bundles: what groups have in common, and which of them share one issue. Every query reads a bounded number of rows
//! by an index, however many groups there are.

use std::time::Duration;

use rusqlite::{Connection, OptionalExtension, Result, Row, params};

use super::read::{self, GROUP, all, named, or_default};
use super::work::{self, PROJECT};
use crate::{BundleKind, ClientHash, Group, GroupId, Intent, IntentKind, Lead, Link, Membership, NewIssue, Newcomer};
use autoheal_contract::Source;
use autoheal_prepare::fingerprint::{Fingerprint, Fingerprinted};
use autoheal_prepare::{Timestamp, Trait};
use strum::VariantArray;

/// Maximum number of related groups, and of groups that share an issue, that are read.
const MAX_GROUPS: usize = 50;
/// Maximum number of groups that are looked at to find the related ones.
const MAX_LOOKED_AT: usize = 200;
/// Maximum number of newcomers on each side of a time.
const MAX_NEWCOMERS: usize = 250;
/// Wait before a group is decided about whose issue is being opened together with that of others.
const MEMBER_WAIT: Duration = Duration::from_secs(60);

/// Stores the traits of a group: those of the sample that is shown.
pub(super) fn set_traits(connection: &Connection, project: i64, group: i64, record: &Fingerprinted) -> Result<()> {
    delete_traits(connection, group)?;
    let known = record.arrival().sender.is_known();
    for hash in record.traits() {
        let hash: Trait = hash;
        connection
            .prepare_cached("INSERT OR IGNORE INTO traits (project_id, known, hash, group_id) VALUES (?1, ?2, ?3, ?4)")?
            .execute(params![project, known, hash, group])?;
    }
    Ok(())
}

/// Deletes the traits of a group, so that it is related to none.
pub(super) fn delete_traits(connection: &Connection, group: i64) -> Result<()> {
    connection.prepare_cached("DELETE FROM traits WHERE group_id = ?1")?.execute([group]).map(drop)
}

pub(super) fn related(connection: &Connection, group: GroupId) -> Result<Vec<Group>> {
    let sql = format!(
        "SELECT {GROUP} FROM groups WHERE id IN (
             SELECT other.group_id FROM traits AS own JOIN traits AS other
                 ON other.project_id = own.project_id AND other.known = own.known AND other.hash = own.hash
             WHERE own.group_id = ?1 AND other.group_id <> ?1 LIMIT {MAX_LOOKED_AT})
         ORDER BY id LIMIT {MAX_GROUPS}"
    );
    all(connection, &sql, [group.0], read::group)
}

pub(super) fn newcomers(
    connection: &Connection,
    project: &str,
    known: bool,
    at: Timestamp,
    within: Duration,
) -> Result<Vec<Newcomer>> {
    let side = |condition: &str, order: &str, bound: Timestamp| {
        // the outer condition leaves out what opens no issue, such as noise and errors of callers
        let sql = format!(
            "SELECT id, creator, source, first_seen, act_at IS NOT NULL AND issue_number IS NULL AND lead IS NULL
             FROM (SELECT id, creator, source, first_seen, act_at, issue_number, lead, noise, count
                   FROM groups WHERE project_id = {PROJECT} AND known = ?2 AND first_seen {condition}
                   ORDER BY first_seen {order} LIMIT {MAX_NEWCOMERS})
             WHERE noise < count AND (act_at IS NOT NULL OR issue_number IS NOT NULL)"
        );
        all(connection, &sql, params![project, known, at.0, bound.0], newcomer)
    };
    let mut found = side(">= ?3 AND first_seen < ?4", "ASC", at.plus(within))?;
    found.extend(side("< ?3 AND first_seen > ?4", "DESC", at.minus(within))?);
    Ok(found)
}

fn newcomer(row: &Row<'_>) -> Result<Newcomer> {
    Ok(Newcomer {
        group: GroupId(row.get(0)?),
        creator: ClientHash(or_default(row, 1)?),
        source: named(row, 2, Source::VARIANTS, Source::name)?,
        first_seen: Timestamp(row.get(3)?),
        waits: or_default(row, 4)?,
    })
}

pub(super) fn begin_issue(connection: &Connection, project: &str, issue: NewIssue, now: Timestamp) -> Result<Intent> {
    let NewIssue { group, payload, members, kind, known, links } = issue;
    for member in members {
        connection
            .prepare_cached(
                "UPDATE groups SET lead = ?2, bundle = ?3, bundle_known = ?4, named = 1, act_at = ?5
                 WHERE id = ?1 AND issue_number IS NULL AND lead IS NULL",
            )?
            .execute(params![member.0, group.0, kind.name(), known, now.plus(MEMBER_WAIT).0])?;
    }
    set_links(connection, group, &links)?;
    work::begin(connection, project, Some(group), IntentKind::OpenIssue, payload, now)
}

pub(super) fn set_links(connection: &Connection, group: GroupId, links: &[u64]) -> Result<usize> {
    let links = (!links.is_empty()).then(|| serde_json::to_string(links).unwrap_or_default());
    connection.prepare_cached("UPDATE groups SET links = ?2 WHERE id = ?1")?.execute(params![group.0, links])
}

/// Gives the issue of a group to those that share it.
pub(super) fn share_issue(connection: &Connection, lead: GroupId, link: &Link) -> Result<usize> {
    connection
        .prepare_cached(
            "UPDATE groups SET issue_number = ?2, issue_url = ?3, status = 'issue_open', note = NULL WHERE lead = ?1",
        )?
        .execute(params![lead.0, link.number, link.url])
}

/// Lets a group without an issue share that of another one, which becomes due.
pub(super) fn join(
    connection: &Connection,
    group: GroupId,
    lead: GroupId,
    known: bool,
    now: Timestamp,
) -> Result<usize> {
    let joined = connection
        .prepare_cached(
            "UPDATE groups SET lead = ?2, bundle = ?3, bundle_known = ?4, named = 0, status = 'issue_open', note = NULL,
                 act_at = NULL, issue_number = of_lead.issue_number, issue_url = of_lead.issue_url
             FROM (SELECT issue_number, issue_url FROM groups WHERE id = ?2) AS of_lead
             WHERE id = ?1 AND groups.issue_number IS NULL AND lead IS NULL AND of_lead.issue_number IS NOT NULL",
        )?
        .execute(params![group.0, lead.0, BundleKind::Related.name(), known])?;
    Ok(joined + wake(connection, lead, now)?)
}

pub(super) fn wake(connection: &Connection, group: GroupId, now: Timestamp) -> Result<usize> {
    connection
        .prepare_cached("UPDATE groups SET act_at = ?2 WHERE id = ?1 AND act_at IS NULL")?
        .execute(params![group.0, now.0])
}

/// Ends the sharing of another group's issue. `groups` is the condition for those that leave.
pub(super) fn leave(connection: &Connection, groups: &str, group: GroupId, now: Timestamp) -> Result<usize> {
    connection
        .prepare_cached(&format!(
            "UPDATE groups SET lead = NULL, bundle = NULL, bundle_known = 0, named = 0, issue_number = NULL,
                 issue_url = NULL, status = 'recorded', counts_written = NULL, counts_at = NULL, act_at = ?2
             WHERE {groups} AND lead IS NOT NULL"
        ))?
        .execute(params![group.0, now.0])
}

/// Stores which of the groups that share an issue are named in its text.
pub(super) fn set_named(connection: &Connection, lead: GroupId, members: &[GroupId]) -> Result<usize> {
    let mut changed = 0;
    for member in members {
        changed += connection
            .prepare_cached("UPDATE groups SET named = 1 WHERE id = ?1 AND lead = ?2")?
            .execute(params![member.0, lead.0])?;
    }
    Ok(changed)
}

/// The groups that share the issue of this one, the oldest first.
pub(super) fn members(connection: &Connection, lead: GroupId) -> Result<Vec<Group>> {
    let sql = format!("SELECT {GROUP} FROM groups WHERE lead = ?1 ORDER BY id LIMIT {MAX_GROUPS}");
    match all(connection, &sql, [lead.0], read::group) {
        // one damaged row must not stop the others
        Err(error) if read::is_unreadable(&error) => Ok(Vec::new()),
        members => members,
    }
}

/// The group whose issue this one shares; none if that one was deleted.
pub(super) fn lead(connection: &Connection, group: &Group) -> Result<Option<Lead>> {
    let Some(membership) = group.membership else { return Ok(None) };
    connection
        .prepare_cached(
            "SELECT fingerprint, issue_number, issue_url,
                 EXISTS (SELECT 1 FROM intents WHERE group_id = groups.id AND kind = 'open_issue'
                         AND state IN ('sent', 'held', 'recheck'))
             FROM groups WHERE id = ?1",
        )?
        .query_row([membership.lead.0], |row| {
            let issue = row.get::<_, Option<u64>>(1)?.zip(row.get(2)?).map(|(number, url)| Link { number, url });
            Ok(Lead { fingerprint: Fingerprint(row.get(0)?), issue, opens: row.get(3)? })
        })
        .optional()
}

/// The place in a bundle, of the columns `lead`, `bundle`, `bundle_known` and `named`, from this one on.
pub(super) fn membership(row: &Row<'_>, first: usize) -> Result<Option<Membership>> {
    let Some(lead) = row.get::<_, Option<i64>>(first)? else { return Ok(None) };
    Ok(Some(Membership {
        lead: GroupId(lead),
        kind: named(row, first + 1, BundleKind::VARIANTS, BundleKind::name)?,
        known: row.get(first + 2)?,
        named: row.get(first + 3)?,
    }))
}

/// Reads the column `links`. One that cannot be read counts as empty.
pub(super) fn links(row: &Row<'_>, column: usize) -> Result<Vec<u64>> {
    let json: Option<String> = or_default(row, column)?;
    Ok(json.and_then(|json| serde_json::from_str(&json).ok()).unwrap_or_default())
}
