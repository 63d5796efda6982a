//! Claims of due groups, in the order in which issues are opened: known senders first, then one client after the other.

use rusqlite::{Connection, OptionalExtension, Result, params};

use super::read::{self, all, or_default};
use super::unreadable::Unreadable;
use super::work::{PROJECT, UNSETTLED, set_aside};
use crate::{Claims, ClientHash, GroupId, Work};
use autoheal_prepare::Timestamp;

/// Condition of groups that may need an issue. The index `groups_without_issue_to_act_on` has the same condition.
pub(super) const WITHOUT_ISSUE: &str = "act_at IS NOT NULL AND issue_number IS NULL";
/// Condition of due groups that have an issue. The index `groups_with_issue_to_act_on` has the same condition.
const WITH_ISSUE: &str = "act_at IS NOT NULL AND issue_number IS NOT NULL";
/// Maximum number of clients that are checked for a due group in one claim.
const MAX_CLIENTS: usize = 1_000;
/// Maximum number of groups that are read to find the time of the next one.
const MAX_NEXT: usize = 50;

pub(super) fn claim_due(
    connection: &Connection,
    owner: &str,
    now: Timestamp,
    lease_until: Timestamp,
    claims: &Claims,
    unreadable: &Unreadable,
) -> Result<Option<Work>> {
    let Some(project) = project_id(connection, &claims.project)? else { return Ok(None) };
    loop {
        let Some(id) = due(connection, project, now, claims)?.map(GroupId) else { return Ok(None) };
        connection
            .prepare_cached(
                "UPDATE groups SET owner = ?2, lease_until = ?3, generation = generation + 1 WHERE id = ?1",
            )?
            .execute(params![id.0, owner, lease_until.0])?;
        match read::work(connection, id) {
            Ok(Some(work)) => return Ok(Some(work)),
            Ok(None) => set_aside(connection, id, "it has no sample", unreadable)?,
            // One damaged group must not stop the others.
            Err(error) if read::is_unreadable(&error) => set_aside(connection, id, &error.to_string(), unreadable)?,
            Err(error) => return Err(error),
        }
    }
}

fn project_id(connection: &Connection, name: &str) -> Result<Option<i64>> {
    connection.prepare_cached("SELECT id FROM projects WHERE name = ?1")?.query_row([name], |row| row.get(0)).optional()
}

/// The due group whose turn it is.
fn due(connection: &Connection, project: i64, now: Timestamp, claims: &Claims) -> Result<Option<i64>> {
    for (known, wanted) in [(true, claims.known_issues), (false, claims.other_issues)] {
        if wanted && let Some(id) = next_without_issue(connection, project, known, now, claims)? {
            return Ok(Some(id));
        }
    }
    if claims.only_without_issue {
        return Ok(None);
    }
    connection
        .prepare_cached(&format!(
            "SELECT id FROM groups WHERE project_id = ?1 AND {WITH_ISSUE} AND act_at <= ?2
               AND (lease_until IS NULL OR lease_until <= ?2) ORDER BY act_at LIMIT 1"
        ))?
        .query_row(params![project, now.0], |row| row.get(0))
        .optional()
}

/// The oldest due group without an issue of the next client that has one, in the order of the clients' hashes.
fn next_without_issue(
    connection: &Connection,
    project: i64,
    known: bool,
    now: Timestamp,
    claims: &Claims,
) -> Result<Option<i64>> {
    let mut checked = 0;
    // the clients after the last one, then those from the first to the last one
    let rounds = [(claims.after, false, None), (ClientHash::default(), true, Some(claims.after))];
    for (mut lower, mut included, upper) in rounds {
        while let Some(client) = client_after(connection, project, known, lower, included)?
            && upper.is_none_or(|upper| client <= upper)
            && checked < MAX_CLIENTS
        {
            let is_spent = !known && claims.spent.contains(&client);
            if !is_spent && let Some(id) = due_of(connection, project, known, client, now)? {
                return Ok(Some(id));
            }
            (lower, included) = (client, false);
            checked += 1;
        }
    }
    Ok(None)
}

/// The next client with a group without an issue: after `client`, or from `client` on if it is `included`.
fn client_after(
    connection: &Connection,
    project: i64,
    known: bool,
    client: ClientHash,
    included: bool,
) -> Result<Option<ClientHash>> {
    let comparison = if included { ">=" } else { ">" };
    connection
        .prepare_cached(&format!(
            "SELECT creator FROM groups WHERE project_id = ?1 AND known = ?2 AND creator {comparison} ?3
               AND octet_length(creator) = 8 AND {WITHOUT_ISSUE} ORDER BY creator LIMIT 1"
        ))?
        .query_row(params![project, known, client.0], |row| row.get(0).map(ClientHash))
        .optional()
}

fn due_of(
    connection: &Connection,
    project: i64,
    known: bool,
    client: ClientHash,
    now: Timestamp,
) -> Result<Option<i64>> {
    connection
        .prepare_cached(&format!(
            "SELECT id FROM groups WHERE project_id = ?1 AND known = ?2 AND creator = ?3 AND {WITHOUT_ISSUE}
               AND act_at <= ?4 AND (lease_until IS NULL OR lease_until <= ?4) ORDER BY act_at LIMIT 1"
        ))?
        .query_row(params![project, known, client.0, now.0], |row| row.get(0))
        .optional()
}

/// The time at which the next group or intent is due. Reads a bounded number of rows, so the time may be too late while
/// many groups wait; the worker checks again within a minute in any case.
pub(super) fn next_act_at(connection: &Connection, claims: &Claims) -> Result<Option<Timestamp>> {
    let Some(project) = project_id(connection, &claims.project)? else { return Ok(None) };
    let mut times: Vec<i64> = all(
        connection,
        &format!("SELECT min(act_at) FROM intents WHERE {UNSETTLED} AND project_id = {PROJECT}"),
        [&claims.project],
        |row| or_default::<Option<i64>>(row, 0),
    )?
    .into_iter()
    .flatten()
    .collect();
    times.extend(
        all(
            connection,
            &format!(
                "SELECT max(act_at, coalesce(lease_until, 0)) FROM groups WHERE project_id = ?1 AND {WITH_ISSUE}
             ORDER BY act_at LIMIT {MAX_NEXT}"
            ),
            [project],
            |row| or_default::<Option<i64>>(row, 0),
        )?
        .into_iter()
        .flatten(),
    );
    for (known, wanted) in [(true, claims.known_issues), (false, claims.other_issues)] {
        if wanted {
            let waiting = all(
                connection,
                &format!(
                    "SELECT max(act_at, coalesce(lease_until, 0)), creator FROM groups
                     WHERE project_id = ?1 AND known = ?2 AND {WITHOUT_ISSUE} LIMIT {MAX_NEXT}"
                ),
                params![project, known],
                |row| Ok((or_default::<Option<i64>>(row, 0)?, ClientHash(or_default(row, 1)?))),
            )?;
            let counts = |client: &ClientHash| known || !claims.spent.contains(client);
            times.extend(waiting.into_iter().filter(|(_, client)| counts(client)).filter_map(|(at, _)| at));
        }
    }
    Ok(times.into_iter().min().map(Timestamp))
}
