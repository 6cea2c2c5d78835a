-- name: lock_phone
-- $1 phone, or network. Codes to one number, and from one network, are counted and asked for one after the other.
SELECT pg_advisory_xact_lock(hashtextextended('phone_codes:' || $1::text, 0));

-- name: sent
-- $1 phone, $2 network, $3 an hour ago, Unix ms, $4 a day ago
SELECT
    (SELECT count(*) FROM phone_codes WHERE phone = $1 AND created_ts > $3)::integer AS phone_hour,
    (SELECT count(*) FROM phone_codes WHERE phone = $1 AND created_ts > $4)::integer AS phone_day,
    (SELECT count(*) FROM phone_codes WHERE network = $2 AND created_ts > $3)::integer AS network_hour,
    (SELECT count(*) FROM phone_codes WHERE created_ts > $3)::integer AS shop_hour,
    (SELECT max(created_ts) FROM phone_codes WHERE phone = $1) AS last_ms;

-- name: asked_before
-- $1 challenge, $2 now, Unix ms, $3 wrong tries that burn it
SELECT created_ts, used_ts IS NULL AND ends_ts > $2 AND tries < $3 AS is_good FROM phone_codes WHERE challenge = $1;

-- name: insert_code
-- $1 challenge, $2 phone, $3 purpose, $4 asked_by, $5 code_hmac, $6 network, $7 now, Unix ms, $8 ends_ts
INSERT INTO phone_codes (challenge, phone, purpose, asked_by, code_hmac, network, created_ts, ends_ts)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8);

-- name: challenge_for_update
-- $1 challenge, $2 asked_by
SELECT challenge, phone, purpose, asked_by, code_hmac, tries, ends_ts, used_ts FROM phone_codes
WHERE challenge = $1 AND asked_by = $2 FOR UPDATE;

-- name: count_wrong
-- $1 challenge
UPDATE phone_codes SET tries = tries + 1 WHERE challenge = $1;

-- name: use
-- $1 challenge, $2 now, Unix ms
UPDATE phone_codes SET used_ts = $2 WHERE challenge = $1;

-- name: forget_codes
-- $1 created before, Unix ms, $2 how many at most
WITH gone AS (
    DELETE FROM phone_codes WHERE challenge IN (
        SELECT challenge FROM phone_codes WHERE created_ts < $1 LIMIT $2
    ) RETURNING true
) SELECT count(*) FROM gone;
