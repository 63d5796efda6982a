-- Bounded disk space, and lists by an index.

-- Time of the last report in seconds. Separate from last_seen, because an index on last_seen would cost every commit,
-- and one on the second costs at most one commit per second and group.
ALTER TABLE groups ADD COLUMN listed_at INTEGER NOT NULL DEFAULT 0;
-- Lists show the start of the message; the whole one is in the samples.
UPDATE groups SET listed_at = last_seen / 1000,
    error_message = CASE WHEN octet_length(error_message) > 1000 THEN substr(error_message, 1, 250) ELSE error_message END;
DROP INDEX groups_by_project;
CREATE INDEX groups_by_listing ON groups (project_id, listed_at);
-- Without it, deleting a group would read all fingerprints.
CREATE INDEX fingerprints_by_group ON fingerprints (group_id);
-- Highest id of a deleted group. Ids are not used again, because report ids may still name them.
INSERT INTO meta (name, value) VALUES ('last_deleted_group', 0);
