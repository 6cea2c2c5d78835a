-- Entries of the log.

-- name: append
-- $1 entries, bytea[]; their ids are given in order
INSERT INTO log_entries (entry) SELECT entry FROM unnest($1::bytea[]) WITH ORDINALITY AS e (entry, n) ORDER BY n RETURNING id;
