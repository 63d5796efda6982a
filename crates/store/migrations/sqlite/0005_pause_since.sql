-- The beginning of a series of pauses, the time at which the last one was set, and its cause, for people. A pause that
-- was set in the future is over, because the clock was set back.
ALTER TABLE pauses ADD COLUMN since INTEGER;
ALTER TABLE pauses ADD COLUMN set_at INTEGER;
ALTER TABLE pauses ADD COLUMN cause TEXT;
ALTER TABLE pauses ADD COLUMN writes_only INTEGER NOT NULL DEFAULT 0;
-- The number and the age of the groups that wait for an issue are shown on each page of the dashboard.
CREATE INDEX groups_waiting ON groups (first_seen) WHERE act_at IS NOT NULL AND issue_number IS NULL;
-- One row, written and deleted to find out whether the disk has space again.
CREATE TABLE write_probe (filler BLOB NOT NULL);
