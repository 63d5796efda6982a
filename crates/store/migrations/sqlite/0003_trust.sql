-- Counts, samples and the order of issues by trust. `known` means: from a sender that the operator knows, by its key or
-- as a program on the operator's machine.

-- Values that belong to the store as a whole.
CREATE TABLE meta (
    name  TEXT PRIMARY KEY,
    value BLOB NOT NULL
) WITHOUT ROWID;
-- Hashes of clients include this salt, so that the hash of an address differs from store to store.
INSERT INTO meta (name, value) VALUES ('client_salt', randomblob(16));

ALTER TABLE groups ADD COLUMN known INTEGER NOT NULL DEFAULT 0;         -- 1 after a report of a known sender
ALTER TABLE groups ADD COLUMN known_count INTEGER NOT NULL DEFAULT 0;   -- occurrences that known senders reported
ALTER TABLE groups ADD COLUMN known_clients INTEGER NOT NULL DEFAULT 0; -- clients among the known senders
ALTER TABLE groups ADD COLUMN creator BLOB NOT NULL DEFAULT x'0000000000000000'; -- client of the first report
ALTER TABLE groups ADD COLUMN shown_sample INTEGER;  -- sample that people and agents are shown
ALTER TABLE groups ADD COLUMN sample_chosen INTEGER NOT NULL DEFAULT 0; -- 1 if the operator chose that sample
ALTER TABLE groups ADD COLUMN text_sample INTEGER;   -- sample whose text the issue holds
ALTER TABLE groups ADD COLUMN text_form TEXT;        -- form of that text: full or facts
ALTER TABLE groups ADD COLUMN text_at INTEGER;       -- time of the last change of that text, by GitHub's clock
ALTER TABLE samples ADD COLUMN known INTEGER NOT NULL DEFAULT 0;
ALTER TABLE samples ADD COLUMN client BLOB;
ALTER TABLE clients ADD COLUMN known INTEGER NOT NULL DEFAULT 0;
ALTER TABLE intents ADD COLUMN project_id INTEGER;

UPDATE samples SET known = 1
    WHERE CASE WHEN json_valid(record) THEN json_extract(record, '$.sender') <> 'anonymous' ELSE 0 END;
UPDATE groups SET shown_sample = (SELECT min(id) FROM samples WHERE group_id = groups.id);
UPDATE groups SET known = 1, known_count = count
    WHERE shown_sample IN (SELECT id FROM samples WHERE known = 1);
UPDATE groups SET text_sample = shown_sample, text_form = 'full' WHERE issue_number IS NOT NULL;
-- Earlier versions counted the names that senders claimed. Clients are counted anew, by address and key.
DELETE FROM clients;
UPDATE groups SET clients = 0;
UPDATE intents SET project_id = coalesce(
    (SELECT project_id FROM groups WHERE groups.id = group_id), (SELECT id FROM projects WHERE name = 'default'));

DROP INDEX groups_to_act_on;
CREATE INDEX groups_with_issue_to_act_on ON groups (project_id, act_at)
    WHERE act_at IS NOT NULL AND issue_number IS NOT NULL;
-- Groups that may need an issue, by client, because issues are opened for one client after the other.
CREATE INDEX groups_without_issue_to_act_on ON groups (project_id, known, creator, act_at)
    WHERE act_at IS NOT NULL AND issue_number IS NULL;
CREATE INDEX groups_by_status ON groups (project_id, status) WHERE issue_number IS NOT NULL;
