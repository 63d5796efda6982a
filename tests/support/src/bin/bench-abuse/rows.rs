//! Many rows in a store that a service has made, as copies of a row that the service wrote. A copy has every column of
//! the schema as it is, so that these statements name only the columns that must differ.

use std::path::Path;

use anyhow::{Context, Result};
use rusqlite::Connection;

/// Kind of old ids.
#[derive(Clone, Copy)]
pub(crate) enum Ids {
    /// Last seen two days ago.
    Expired,
    /// Last seen in the last minute.
    Fresh,
}

/// Opens the store of a service that has ended.
pub(crate) fn open(store: &Path) -> Result<Connection> {
    let connection = Connection::open(store).context("cannot open the store")?;
    // the machine does not fail during a measurement
    connection.execute_batch("PRAGMA synchronous = OFF; PRAGMA foreign_keys = OFF; PRAGMA cache_size = -200000;")?;
    Ok(connection)
}

/// Copies the first group with its sample this many times. Each copy has another fingerprint and another message.
pub(crate) fn copy_group(connection: &Connection, copies: usize) -> Result<()> {
    let transaction = connection.unchecked_transaction()?;
    let first: i64 = transaction.query_row("SELECT min(id) FROM groups", [], |row| row.get(0))?;
    let last: i64 = transaction.query_row("SELECT max(id) FROM groups", [], |row| row.get(0))?;
    let last_sample: i64 = transaction.query_row("SELECT max(id) FROM samples", [], |row| row.get(0))?;
    // over a day, because a column of seconds would hold few values otherwise
    let step = 86_400_000 / copies;
    let groups = select(
        &transaction,
        "groups",
        &[
            ("id", &format!("{last} + n.i")),
            ("fingerprint", "randomblob(length(row.fingerprint))"),
            ("error_message", "n.i || ' ' || row.error_message"),
            ("first_seen", &format!("row.first_seen - n.i * {step}")),
            ("last_seen", &format!("row.last_seen - n.i * {step}")),
            ("listed_at", &format!("(row.last_seen - n.i * {step}) / 1000")),
            ("shown_sample", &format!("{last_sample} + n.i")),
        ],
    )?;
    transaction.execute(&format!("{groups}, {} WHERE row.id = {first}", numbers(copies)), [])?;
    let copied = format!("groups AS copy WHERE row.group_id = {first} AND copy.id > {last}");
    let aliases =
        select(&transaction, "fingerprints", &[("fingerprint", "copy.fingerprint"), ("group_id", "copy.id")])?;
    transaction.execute(&format!("{aliases}, {copied}"), [])?;
    let sample = format!("{last_sample} + copy.id - {last}");
    let samples = select(&transaction, "samples", &[("id", &sample), ("group_id", "copy.id")])?;
    transaction.execute(&format!("{samples}, {copied}"), [])?;
    transaction.commit()?;
    Ok(())
}

/// Copies the first report id this many times.
pub(crate) fn copy_id(connection: &Connection, copies: usize, kind: Ids) -> Result<()> {
    let transaction = connection.unchecked_transaction()?;
    let seen_at = match kind {
        Ids::Expired => "(unixepoch() - 2 * 86400) * 1000 + n.i % 1000",
        Ids::Fresh => "(unixepoch() - 60) * 1000 + n.i % 1000",
    };
    let ids = select(&transaction, "report_ids", &[("id", "randomblob(16)"), ("seen_at", seen_at)])?;
    let first = "(SELECT id FROM report_ids LIMIT 1)";
    transaction.execute(&format!("{ids}, {} WHERE row.id = {first}", numbers(copies)), [])?;
    transaction.commit()?;
    Ok(())
}

/// Number of rows in a table of a running service's store.
pub(crate) fn count(store: &Path, table: &str) -> Result<usize> {
    let connection = Connection::open_with_flags(store, rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    Ok(connection.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0))?)
}

/// Beginning of a statement that inserts copies of `row`, with other expressions for some columns, if the table has
/// these columns.
fn select(connection: &Connection, table: &str, others: &[(&str, &str)]) -> Result<String> {
    let mut columns = connection.prepare(&format!("SELECT name FROM pragma_table_info('{table}')"))?;
    let columns: Vec<String> = columns.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
    let expressions = columns.iter().map(|column| {
        let other = others.iter().find(|(name, _)| name == column);
        other.map_or_else(|| format!("row.{column}"), |(_, expression)| (*expression).to_owned())
    });
    let expressions = expressions.collect::<Vec<_>>().join(", ");
    Ok(format!("INSERT INTO {table} ({}) SELECT {expressions} FROM {table} AS row", columns.join(", ")))
}

/// A table `n` of the numbers `i` up to the given one.
fn numbers(last: usize) -> String {
    format!("(WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT {last}) SELECT i FROM n) AS n")
}
