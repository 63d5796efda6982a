-- The first schema. Times are milliseconds since 1970 (UTC); every row belongs to a project.

CREATE TABLE projects (
    id   INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE
);

-- A group has an id of its own, and fingerprints are its aliases, so that a group can keep its issue when there is a
-- new version of the fingerprint.
CREATE TABLE groups (
    id             INTEGER PRIMARY KEY,
    project_id     INTEGER NOT NULL REFERENCES projects (id),
    fingerprint    BLOB    NOT NULL, -- the first alias, which links use
    error_type     TEXT    NOT NULL,
    error_message  TEXT    NOT NULL,
    source         TEXT    NOT NULL,
    severity       TEXT    NOT NULL,
    count          INTEGER NOT NULL DEFAULT 0,
    clients        INTEGER NOT NULL DEFAULT 0,
    first_seen     INTEGER NOT NULL,
    last_seen      INTEGER NOT NULL,
    status         TEXT    NOT NULL DEFAULT 'recorded',
    note           TEXT,             -- reason why it waits or was refused, for people
    issue_number   INTEGER,
    issue_url      TEXT,
    pull_number    INTEGER,
    pull_url       TEXT,
    hand_over      TEXT,             -- description of the hand-over to the agent, for people
    shown_hash     TEXT,             -- hash of the text that the agent would read, as last seen
    revoked_label  INTEGER,          -- time at which the revoked approval label was set
    counts_written INTEGER,          -- count that the issue shows
    counts_at      INTEGER,          -- time at which that count was written
    act_at         INTEGER,          -- time at which the group is due; null = nothing to do
    owner          TEXT,             -- worker that claims the group, until lease_until
    lease_until    INTEGER,
    generation     INTEGER NOT NULL DEFAULT 0
);
-- Without last_seen, because every report would move its group in the index, and only the dashboard needs that order.
CREATE INDEX groups_by_project ON groups (project_id);
CREATE INDEX groups_to_act_on ON groups (act_at) WHERE act_at IS NOT NULL;

CREATE TABLE fingerprints (
    project_id  INTEGER NOT NULL REFERENCES projects (id),
    fingerprint BLOB    NOT NULL,
    group_id    INTEGER NOT NULL REFERENCES groups (id),
    PRIMARY KEY (project_id, fingerprint)
) WITHOUT ROWID;

-- Ids of counted reports. Few columns, because there is a row for each report with an id of the last day.
CREATE TABLE report_ids (
    project_id  INTEGER NOT NULL,
    id          BLOB    NOT NULL,
    group_id    INTEGER NOT NULL,
    seen_at     INTEGER NOT NULL,
    PRIMARY KEY (project_id, id)
) WITHOUT ROWID;

-- The first sample of a group is shown to people and agents; it never changes.
CREATE TABLE samples (
    id       INTEGER PRIMARY KEY,
    group_id INTEGER NOT NULL REFERENCES groups (id),
    seen_at  INTEGER NOT NULL,
    record   TEXT    NOT NULL
);
CREATE INDEX samples_by_group ON samples (group_id);

CREATE TABLE releases (
    group_id   INTEGER NOT NULL REFERENCES groups (id),
    release    TEXT    NOT NULL,
    count      INTEGER NOT NULL,
    first_seen INTEGER NOT NULL,
    last_seen  INTEGER NOT NULL,
    PRIMARY KEY (group_id, release)
) WITHOUT ROWID;

CREATE TABLE clients (
    group_id INTEGER NOT NULL REFERENCES groups (id),
    client   BLOB    NOT NULL,
    PRIMARY KEY (group_id, client)
) WITHOUT ROWID;

-- One row for each write to GitHub, stored before it is sent.
CREATE TABLE intents (
    id         INTEGER PRIMARY KEY,
    group_id   INTEGER REFERENCES groups (id),
    kind       TEXT    NOT NULL,
    state      TEXT    NOT NULL,
    attempt    INTEGER NOT NULL DEFAULT 1,
    payload    TEXT    NOT NULL,
    outcome    TEXT,
    planned_at INTEGER NOT NULL,
    sent_at    INTEGER NOT NULL,
    act_at     INTEGER NOT NULL
);
CREATE INDEX intents_by_group ON intents (group_id);
CREATE INDEX intents_unsettled ON intents (act_at) WHERE state IN ('sent', 'held', 'recheck');
CREATE INDEX intents_by_time ON intents (sent_at);

CREATE TABLE approvals (
    id          INTEGER PRIMARY KEY,
    group_id    INTEGER NOT NULL REFERENCES groups (id),
    hash        TEXT    NOT NULL,
    login       TEXT    NOT NULL,
    labelled_at INTEGER NOT NULL, -- by GitHub's clock
    revoked_at  INTEGER
);
CREATE INDEX approvals_by_group ON approvals (group_id);

-- Times in which no write is sent to GitHub, and the number of such pauses in a row.
CREATE TABLE pauses (
    credential TEXT PRIMARY KEY,
    until      INTEGER NOT NULL,
    reason     TEXT    NOT NULL,
    times      INTEGER NOT NULL
);
