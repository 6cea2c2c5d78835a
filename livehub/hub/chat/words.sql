-- name: words_version
SELECT version FROM words_version;

-- name: raise_words_version
-- Locks the one row, so that two changes follow each other.
UPDATE words_version SET version = version + 1;

-- name: words
SELECT word, kind FROM words ORDER BY kind, word;

-- name: forget_words
DELETE FROM words;

-- name: insert_words
-- $1 words text[], $2 kinds text[]
INSERT INTO words (word, kind) SELECT * FROM unnest($1::text[], $2::text[]) ON CONFLICT (word) DO NOTHING;
