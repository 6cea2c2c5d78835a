-- Salts of commitments in the log.

-- name: keep
-- $1 commitment, $2 salt, $3 person
INSERT INTO log_salts (commitment, salt, person) VALUES ($1, $2, $3);

-- name: keep_all
-- $1 commitments text[], $2 salts bytea[], $3 people text[]
INSERT INTO log_salts (commitment, salt, person) SELECT * FROM unnest($1::text[], $2::bytea[], $3::text[]);

-- name: salt
-- $1 commitment
SELECT salt FROM log_salts WHERE commitment = $1;

-- --- people ---

-- name: move_salts
-- $1 who it was, $2 who it is
UPDATE log_salts SET person = $2 WHERE person = $1 RETURNING commitment;

-- name: move_salts_back
-- $1 who it was, $2 who it is, $3 commitments text[]
UPDATE log_salts SET person = $1 WHERE person = $2 AND commitment = ANY($3::text[]) RETURNING commitment;

-- name: salts_of
-- $1 person
SELECT jsonb_build_object('commitment', commitment, 'salt', encode(salt, 'base64'))
FROM log_salts WHERE person = $1 ORDER BY commitment;

-- name: erase_salts
-- $1 person, $2 unused
WITH gone AS (DELETE FROM log_salts WHERE person = $1 AND $2::text IS NOT NULL RETURNING true) SELECT count(*) FROM gone;
