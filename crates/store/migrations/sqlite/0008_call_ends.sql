-- Reports about calls, so that those of a call's two ends, the page's and the server's, become one group.

-- The oldest rows are deleted first, which have the lowest ids.
CREATE TABLE call_ends (
    id         INTEGER PRIMARY KEY,
    project_id INTEGER NOT NULL REFERENCES projects (id),
    is_server  INTEGER NOT NULL,
    by_trace   BLOB,                       -- hash of trace, span and call
    by_id      BLOB,                       -- hash of session, request id and call
    group_id   INTEGER NOT NULL,           -- group that counted the report
    opened     INTEGER NOT NULL,           -- 1 if the report was the first of the group
    count      INTEGER NOT NULL,           -- occurrences that the report counts
    known      INTEGER NOT NULL,           -- 1 if its sender is known
    genuine    INTEGER NOT NULL,           -- 1 if no stranger made the report up
    noise      INTEGER NOT NULL,           -- 1 if a rule recognised it as noise
    paired     INTEGER NOT NULL DEFAULT 0, -- 1 after the report of the other end
    seen_at    INTEGER NOT NULL
);
CREATE INDEX call_ends_by_trace ON call_ends (by_trace) WHERE by_trace IS NOT NULL;
CREATE INDEX call_ends_by_id ON call_ends (by_id) WHERE by_id IS NOT NULL;
