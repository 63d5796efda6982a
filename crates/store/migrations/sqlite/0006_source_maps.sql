-- Source maps, in the form in which positions are looked up.

CREATE TABLE source_maps (
    id         INTEGER PRIMARY KEY,
    project_id INTEGER NOT NULL REFERENCES projects (id),
    debug_id   BLOB    NOT NULL,           -- of the generated file and its map
    bytes      INTEGER NOT NULL,           -- of all parts
    complete   INTEGER NOT NULL DEFAULT 0, -- 1 after the last part
    added_at   INTEGER NOT NULL,
    used_at    INTEGER NOT NULL            -- time of the upload or of the last load
);
CREATE UNIQUE INDEX source_maps_by_debug_id ON source_maps (project_id, debug_id) WHERE complete = 1;
CREATE INDEX source_maps_by_use ON source_maps (used_at);

-- In parts, because each part is a transaction of its own, so that no report waits for a large map.
CREATE TABLE source_map_parts (
    map_id  INTEGER NOT NULL REFERENCES source_maps (id),
    number  INTEGER NOT NULL,
    content BLOB    NOT NULL,
    PRIMARY KEY (map_id, number)
);

-- The generated files of releases. Without the host, `url` begins with `~/`.
CREATE TABLE source_map_files (
    project_id INTEGER NOT NULL REFERENCES projects (id),
    url        TEXT    NOT NULL,
    release    TEXT    NOT NULL,           -- empty if the upload named none
    map_id     INTEGER NOT NULL REFERENCES source_maps (id),
    added_at   INTEGER NOT NULL,
    PRIMARY KEY (project_id, url, release)
) WITHOUT ROWID;
CREATE INDEX source_map_files_by_map ON source_map_files (map_id);
