-- Occurrences that a rule recognised as noise.

ALTER TABLE groups ADD COLUMN noise INTEGER NOT NULL DEFAULT 0; -- number of such occurrences
ALTER TABLE groups ADD COLUMN noise_rule TEXT;                  -- rule of the last one
