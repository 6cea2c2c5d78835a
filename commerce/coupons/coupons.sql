-- name: insert_coupon
-- $1 id, $2 room, $3 card jsonb, $4 total, $5 ends_ts, $6 prize, $7 now, Unix ms. A reaction that runs twice inserts once.
INSERT INTO coupons (id, room, card, total, ends_ts, prize, created_at)
VALUES ($1, $2, $3, $4, $5, $6, to_timestamp($7::bigint / 1000.0)) ON CONFLICT (id) DO NOTHING;

-- name: coupons_for_update
-- Held by every claim, so that taken never passes total; locked in the order of ids, so that two batches cannot deadlock.
-- $1 ids text[]
SELECT id, room, card, total, taken, ends_ts, ended, prize FROM coupons WHERE id = ANY($1::text[])
ORDER BY id FOR NO KEY UPDATE;

-- name: end_coupon
-- $1 id, $2 room
UPDATE coupons SET ended = true WHERE id = $1 AND room = $2;

-- name: claims
-- $1 coupons text[], $2 users text[]
SELECT coupon, user_id, claimed_ts, key FROM coupon_claims
WHERE coupon = ANY($1::text[]) AND user_id = ANY($2::text[]);

-- name: claims_by_key
-- $1 users text[], $2 keys text[]: pairs
SELECT c.coupon, c.user_id, c.claimed_ts, c.key
FROM unnest($1::text[], $2::text[]) AS t (user_id, key)
JOIN coupon_claims c ON c.user_id = t.user_id AND c.key = t.key;

-- name: banned
-- Who is banned from which of $1 rooms text[] at $2 (Unix ms); there are `restrictions_max` at most of each. Locks nothing: the
-- room's row comes before the coupon's.
-- Somebody who wrote past the server must not fail a batch of claims: what is no moment bans nobody.
SELECT r.id AS room, b.key AS user_id
FROM rooms r, jsonb_each_text(CASE jsonb_typeof(r.state->'bans') WHEN 'object' THEN r.state->'bans' ELSE '{}' END) AS b
WHERE r.id = ANY($1::text[]) AND CASE WHEN b.value ~ '^[0-9]{1,18}$' THEN b.value::bigint > $2 ELSE false END;

-- name: insert_claims
-- $1 jsonb: a list of ClaimRow, without a key what is given. Under the coupons' row locks; they count as taken.
WITH claimed AS (
    INSERT INTO coupon_claims (coupon, user_id, claimed_ts, key)
    SELECT coupon, "user", ts, key FROM jsonb_to_recordset($1::jsonb) AS t (coupon text, "user" text, ts bigint, key text)
    RETURNING coupon
), counted AS (SELECT coupon, count(*)::integer AS n FROM claimed GROUP BY coupon)
UPDATE coupons c SET taken = c.taken + counted.n FROM counted WHERE c.id = counted.coupon;

-- name: claims_of
-- $1 user_id, $2 how many
SELECT c.id, c.card, k.claimed_ts FROM coupon_claims k JOIN coupons c ON c.id = k.coupon
WHERE k.user_id = $1 ORDER BY k.claimed_ts DESC LIMIT $2;
