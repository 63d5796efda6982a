-- The list of groups shows the class, and reading it from the samples would be too slow.
ALTER TABLE groups ADD COLUMN class TEXT;
UPDATE groups SET class = (
    SELECT json_extract(record, '$.report.class') FROM samples WHERE group_id = groups.id ORDER BY samples.id LIMIT 1
);
