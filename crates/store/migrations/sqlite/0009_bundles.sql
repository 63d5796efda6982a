-- Groups that have something in common, and groups that share one issue.

ALTER TABLE groups ADD COLUMN lead INTEGER;    -- group whose issue is this one's too
ALTER TABLE groups ADD COLUMN bundle TEXT;     -- reason: related or digest
ALTER TABLE groups ADD COLUMN bundle_known INTEGER NOT NULL DEFAULT 0; -- 1 if the issue is one of known senders
ALTER TABLE groups ADD COLUMN named INTEGER NOT NULL DEFAULT 0; -- 1 if the text of that issue names the group
ALTER TABLE groups ADD COLUMN links TEXT;      -- numbers of the related issues in the text of the own one, as JSON
CREATE INDEX groups_by_lead ON groups (lead) WHERE lead IS NOT NULL;
-- New groups of a time, which may be a storm. Separate for known senders, so that strangers are no part of theirs.
CREATE INDEX groups_by_arrival ON groups (project_id, known, first_seen);

-- Hashes of frames and causes by which groups are related. `known`: of a sample of a known sender.
CREATE TABLE traits (
    project_id INTEGER NOT NULL REFERENCES projects (id),
    known      INTEGER NOT NULL,
    hash       BLOB    NOT NULL,
    group_id   INTEGER NOT NULL REFERENCES groups (id),
    PRIMARY KEY (project_id, known, hash, group_id)
) WITHOUT ROWID;
CREATE INDEX traits_by_group ON traits (group_id);
