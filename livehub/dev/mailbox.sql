-- name: keep
-- $1 challenge, $2 phone, $3 code, $4 now, Unix ms
INSERT INTO dev_codes (challenge, phone, code, created_ts) VALUES ($1, $2, $3, $4);

-- name: forget
-- $1 created before, Unix ms
DELETE FROM dev_codes WHERE created_ts < $1;

-- name: codes
-- $1 phone or null, $2 how many at most. The newest first.
SELECT challenge, phone, code, created_ts FROM dev_codes WHERE $1::text IS NULL OR phone = $1
ORDER BY created_ts DESC, challenge LIMIT $2;
