-- name: insert_coupon
-- $1 id, $2 room, $3 card jsonb, $4 total, $5 ends_ts, $6 prize. A reaction that runs twice inserts once.
INSERT INTO coupons (id, room, card, total, ends_ts, prize) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (id) DO NOTHING;

-- name: coupon_for_update
-- Held by every claim, so that taken never passes total.
-- $1 id
SELECT room, card, total, taken, ends_ts, ended, prize FROM coupons WHERE id = $1 FOR UPDATE;

-- name: end_coupon
-- $1 id, $2 room
UPDATE coupons SET ended = true WHERE id = $1 AND room = $2;

-- name: insert_claims
-- $1 coupon, $2 users text[], $3 claimed_ts bigint[]; under the coupon's row lock
INSERT INTO coupon_claims (coupon, user_id, claimed_ts) SELECT $1, * FROM unnest($2::text[], $3::bigint[]);

-- name: claims
-- $1 coupon, $2 users text[]
SELECT user_id, claimed_ts FROM coupon_claims WHERE coupon = $1 AND user_id = ANY($2::text[]);

-- name: banned
-- Those of $2 users text[] who are banned from room $1 at $3 (Unix ms). Locks nothing: the room's row comes before the coupon's.
SELECT b.key AS user_id FROM rooms r, jsonb_each_text(r.state->'bans') AS b
WHERE r.id = $1 AND b.key = ANY($2::text[]) AND b.value::bigint > $3;

-- name: count_claims
-- $1 coupon, $2 how many more
UPDATE coupons SET taken = taken + $2 WHERE id = $1;

-- name: claims_of
-- $1 user_id, $2 how many
SELECT c.id, c.card, k.claimed_ts FROM coupon_claims k JOIN coupons c ON c.id = k.coupon
WHERE k.user_id = $1 ORDER BY k.claimed_ts DESC LIMIT $2;
