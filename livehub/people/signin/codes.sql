-- name: lock_phone
-- $1 phone, or network. Codes to one number, and from one network, are counted and asked for one after the other.
SELECT pg_advisory_xact_lock(hashtextextended('phone_codes:' || $1::text, 0));

-- name: sent
-- $1 phone, $2 network, $3 an hour ago, Unix ms, $4 a day ago, $5 how many of one network count, $6 how many of the shop
WITH asked AS MATERIALIZED (
    SELECT created_ts, used_ts IS NULL AS is_unused, network FROM phone_codes
    WHERE phone = $1 AND created_ts > $4 ORDER BY created_ts DESC LIMIT 1000
)
SELECT
    ARRAY(SELECT created_ts FROM asked ORDER BY created_ts DESC) AS phone,
    (SELECT count(*) FROM asked WHERE is_unused)::integer AS unused,
    ARRAY(SELECT created_ts FROM asked WHERE is_unused AND network = $2 ORDER BY created_ts DESC) AS area,
    ARRAY(
        SELECT created_ts FROM phone_codes WHERE network = $2 AND created_ts > $3 ORDER BY created_ts DESC LIMIT $5
    ) AS network,
    (SELECT count(*) FROM phone_codes WHERE created_ts > $3)::integer AS shop,
    (
        SELECT created_ts FROM phone_codes WHERE created_ts > $3 ORDER BY created_ts DESC OFFSET $6::integer - 1 LIMIT 1
    ) AS shop_nth_ms;

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
