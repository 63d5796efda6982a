//! Source maps: their own share of the store, written and deleted in small steps.

use rusqlite::{Connection, OptionalExtension, Result, params};

use super::Sqlite;
use super::work::PROJECT;
use crate::{GeneratedFile, NewSourceMap, SourceMapId, SourceMapKey, StoreError};
use autoheal_prepare::Timestamp;

/// Part of the store's limit that source maps may take together.
const SHARE: u64 = 4;
/// Maximum number of releases and URLs under which one map is found. A file that never changes is in every release.
const FILES_PER_MAP: u32 = 50;
/// Maximum length of a release and of a URL, in bytes. Longer ones name no file.
const NAME_BYTES: usize = 2_000;
/// Time after which a map whose upload did not end is deleted, in milliseconds.
const UNFINISHED_MILLIS: i64 = 3_600_000;

impl Sqlite {
    /// Adds a map part by part. It is found after the last part.
    pub(super) async fn add_map(&self, map: NewSourceMap, now: Timestamp) -> std::result::Result<(), StoreError> {
        let NewSourceMap { project, debug_id, file, parts } = map;
        let bytes = parts.iter().map(|part| part.len() as u64).sum::<u64>();
        let limit = self.limits.bytes / SHARE;
        if bytes > limit {
            return Err(StoreError::Full);
        }
        self.make_space(limit - bytes, now).await?;
        let id = {
            let project = project.clone();
            self.write(move |connection| begin(connection, &project, debug_id, bytes, now)).await?
        };
        for (number, part) in (0_u32..).zip(parts) {
            self.write(move |connection| {
                connection
                    .prepare_cached("INSERT INTO source_map_parts (map_id, number, content) VALUES (?1, ?2, ?3)")?
                    .execute(params![id, number, part])
            })
            .await?;
        }
        let replaced = self.write(move |connection| complete(connection, id, file.as_ref(), now)).await?;
        for map in replaced {
            self.delete_map(map).await?;
        }
        Ok(())
    }

    /// Deletes maps that were not used for the longest time, until at most this many bytes are left.
    async fn make_space(&self, most: u64, now: Timestamp) -> std::result::Result<(), StoreError> {
        while let Some(map) = self.read(move |connection| excess(connection, most, now)).await? {
            self.delete_map(map).await?;
        }
        Ok(())
    }

    /// Deletes maps that were neither added nor used since an instant.
    pub(super) async fn delete_unused_maps(&self, since: Timestamp) -> std::result::Result<u64, StoreError> {
        let mut deleted = 0;
        let unused = move |connection: &Connection| {
            connection
                .prepare_cached("SELECT id FROM source_maps WHERE used_at < ?1 ORDER BY used_at LIMIT 1")?
                .query_row([since.0], |row| row.get(0))
                .optional()
        };
        while let Some(map) = self.read(unused).await? {
            self.delete_map(map).await?;
            deleted += 1;
        }
        Ok(deleted)
    }

    /// Deletes one map, part by part.
    async fn delete_map(&self, map: i64) -> std::result::Result<(), StoreError> {
        // from now on the map is not found
        self.write(move |connection| {
            connection.prepare_cached("DELETE FROM source_map_files WHERE map_id = ?1")?.execute([map])?;
            connection.prepare_cached("UPDATE source_maps SET complete = 0 WHERE id = ?1")?.execute([map])
        })
        .await?;
        let delete_part = move |connection: &Connection| {
            connection
                .prepare_cached(
                    "DELETE FROM source_map_parts WHERE map_id = ?1
                       AND number = (SELECT max(number) FROM source_map_parts WHERE map_id = ?1)",
                )?
                .execute([map])
        };
        while self.write(delete_part).await? > 0 {}
        self.write(move |connection| {
            connection.prepare_cached("DELETE FROM source_maps WHERE id = ?1")?.execute([map])
        })
        .await?;
        Ok(())
    }
}

fn begin(connection: &Connection, project: &str, debug_id: [u8; 16], bytes: u64, now: Timestamp) -> Result<i64> {
    connection.prepare_cached("INSERT OR IGNORE INTO projects (name) VALUES (?1)")?.execute([project])?;
    connection
        .prepare_cached(&format!(
            "INSERT INTO source_maps (project_id, debug_id, bytes, added_at, used_at) VALUES ({PROJECT}, ?2, ?3, ?4, ?4)"
        ))?
        .execute(params![project, debug_id, bytes, now.0])?;
    Ok(connection.last_insert_rowid())
}

/// Makes a map found. Returns the maps that it replaces, to be deleted.
fn complete(connection: &Connection, map: i64, file: Option<&GeneratedFile>, now: Timestamp) -> Result<Vec<i64>> {
    let replaced = connection
        .prepare_cached(
            "SELECT old.id FROM source_maps AS old JOIN source_maps AS new USING (project_id, debug_id)
             WHERE new.id = ?1 AND old.id <> ?1 AND old.complete = 1",
        )?
        .query_map([map], |row| row.get(0))?
        .collect::<Result<Vec<i64>>>()?;
    for old in &replaced {
        connection.prepare_cached("UPDATE source_maps SET complete = 0 WHERE id = ?1")?.execute([old])?;
        connection.prepare_cached("UPDATE source_map_files SET map_id = ?2 WHERE map_id = ?1")?.execute([*old, map])?;
    }
    connection.prepare_cached("UPDATE source_maps SET complete = 1 WHERE id = ?1")?.execute([map])?;
    if let Some(file) = file {
        name(connection, map, file, now)?;
    }
    Ok(replaced)
}

/// Adds a file under which a map is found.
fn name(connection: &Connection, map: i64, file: &GeneratedFile, now: Timestamp) -> Result<()> {
    if file.url.len() > NAME_BYTES || file.release.len() > NAME_BYTES {
        return Ok(());
    }
    connection
        .prepare_cached(
            "INSERT INTO source_map_files (project_id, url, release, map_id, added_at)
             SELECT project_id, ?2, ?3, id, ?4 FROM source_maps WHERE id = ?1
             ON CONFLICT DO UPDATE SET map_id = excluded.map_id, added_at = excluded.added_at",
        )?
        .execute(params![map, file.url, file.release, now.0])?;
    connection
        .prepare_cached(
            "DELETE FROM source_map_files WHERE map_id = ?1 AND (project_id, url, release) IN
                 (SELECT project_id, url, release FROM source_map_files WHERE map_id = ?1
                  ORDER BY added_at DESC, url, release LIMIT -1 OFFSET ?2)",
        )?
        .execute(params![map, FILES_PER_MAP])?;
    Ok(())
}

/// A map to delete: one whose upload did not end, or the one that was not used for the longest time if the maps together
/// are larger than `most`.
fn excess(connection: &Connection, most: u64, now: Timestamp) -> Result<Option<i64>> {
    let unfinished = connection
        .prepare_cached("SELECT id FROM source_maps WHERE complete = 0 AND added_at < ?1 LIMIT 1")?
        .query_row([now.0.saturating_sub(UNFINISHED_MILLIS)], |row| row.get(0))
        .optional()?;
    if unfinished.is_some() {
        return Ok(unfinished);
    }
    connection
        .prepare_cached(
            "SELECT id FROM source_maps WHERE complete = 1 AND (SELECT sum(bytes) FROM source_maps) > ?1
             ORDER BY used_at, id LIMIT 1",
        )?
        .query_row([most], |row| row.get(0))
        .optional()
}

/// Adds a file for a map that is there already. Returns false if there is no such map.
pub(super) fn add_file(
    connection: &Connection,
    project: &str,
    debug_id: [u8; 16],
    file: Option<&GeneratedFile>,
    now: Timestamp,
) -> Result<bool> {
    let Some(map) = by_debug_id(connection, project, debug_id)? else { return Ok(false) };
    connection
        .prepare_cached("UPDATE source_maps SET used_at = max(used_at, ?2) WHERE id = ?1")?
        .execute([map, now.0])?;
    if let Some(file) = file {
        name(connection, map, file, now)?;
    }
    Ok(true)
}

fn by_debug_id(connection: &Connection, project: &str, debug_id: [u8; 16]) -> Result<Option<i64>> {
    connection
        .prepare_cached(&format!(
            "SELECT id FROM source_maps WHERE project_id = {PROJECT} AND debug_id = ?2 AND complete = 1"
        ))?
        .query_row(params![project, debug_id], |row| row.get(0))
        .optional()
}

/// Those of the debug ids that have a map.
pub(super) fn present(connection: &Connection, project: &str, ids: &[[u8; 16]]) -> Result<Vec<[u8; 16]>> {
    let mut present = Vec::new();
    for id in ids {
        if by_debug_id(connection, project, *id)?.is_some() {
            present.push(*id);
        }
    }
    Ok(present)
}

/// Finds a map.
pub(super) fn find(connection: &Connection, project: &str, key: &SourceMapKey) -> Result<Option<SourceMapId>> {
    let (release, urls) = match key {
        SourceMapKey::DebugId(id) => return Ok(by_debug_id(connection, project, *id)?.map(SourceMapId)),
        SourceMapKey::File { release, urls } => (release, urls),
    };
    for url in urls {
        let found: Option<i64> = match release {
            Some(release) => connection
                .prepare_cached(&format!(
                    "SELECT map_id FROM source_map_files WHERE project_id = {PROJECT} AND url = ?2 AND release IN (?3, '')
                     ORDER BY release = '' LIMIT 1"
                ))?
                .query_row(params![project, url, release], |row| row.get(0))
                .optional()?,
            None => connection
                .prepare_cached(&format!(
                    "SELECT CASE WHEN min(map_id) = max(map_id) THEN min(map_id) END FROM source_map_files
                     WHERE project_id = {PROJECT} AND url = ?2"
                ))?
                .query_row(params![project, url], |row| row.get(0))?,
        };
        if let Some(map) = found {
            return Ok(Some(SourceMapId(map)));
        }
    }
    Ok(None)
}

/// True if a map was uploaded for this release.
pub(super) fn has_release(connection: &Connection, map: SourceMapId, release: &str) -> Result<bool> {
    connection
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM source_map_files WHERE map_id = ?1 AND release = ?2)")?
        .query_row(params![map.0, release], |row| row.get(0))
}

/// True if a project has maps.
pub(super) fn any(connection: &Connection, project: &str) -> Result<bool> {
    connection
        .prepare_cached(&format!("SELECT EXISTS (SELECT 1 FROM source_maps WHERE project_id = {PROJECT})"))?
        .query_row([project], |row| row.get(0))
}

/// The parts of a map, in order; none if it was deleted.
pub(super) fn load(connection: &Connection, map: SourceMapId) -> Result<Vec<Vec<u8>>> {
    connection
        .prepare_cached("SELECT content FROM source_map_parts WHERE map_id = ?1 ORDER BY number")?
        .query_map([map.0], |row| row.get(0))?
        .collect()
}

/// Remembers that a map was used.
pub(super) fn used(connection: &Connection, map: SourceMapId, now: Timestamp) -> Result<()> {
    connection
        .prepare_cached("UPDATE source_maps SET used_at = max(used_at, ?2) WHERE id = ?1")?
        .execute([map.0, now.0])
        .map(drop)
}
