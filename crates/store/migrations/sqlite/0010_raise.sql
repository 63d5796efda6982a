-- Spikes, and failures that are new in a release. Only what known senders report counts, so that no stranger raises a severity.

-- Occurrences by hour since 1970. A new row deletes those of its group that are too old.
CREATE TABLE hours (
    group_id INTEGER NOT NULL REFERENCES groups (id),
    hour     INTEGER NOT NULL,
    count    INTEGER NOT NULL,
    PRIMARY KEY (group_id, hour)
) WITHOUT ROWID;

-- The first report of each release.
CREATE TABLE project_releases (
    project_id INTEGER NOT NULL REFERENCES projects (id),
    release    TEXT    NOT NULL,
    first_seen INTEGER NOT NULL,
    PRIMARY KEY (project_id, release)
) WITHOUT ROWID;
INSERT INTO project_releases
    SELECT project_id, release, min(releases.first_seen) FROM releases JOIN groups ON groups.id = group_id
    WHERE known = 1 GROUP BY project_id, release;

ALTER TABLE groups ADD COLUMN known_since INTEGER; -- arrival of the first report of a known sender
UPDATE groups SET known_since = first_seen WHERE known = 1;
ALTER TABLE groups ADD COLUMN raised TEXT; -- reason for a higher severity than that of the shown sample, as JSON
