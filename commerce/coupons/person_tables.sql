-- What coupons keep of people. Those on the stock are holds (flashsale).

-- name: move_claims
-- Of a coupon that both have each keeps their own, and so does who used a key for another one. $1 who it was, $2 who it is
UPDATE coupon_claims c SET user_id = $2
WHERE user_id = $1 AND NOT EXISTS (
    SELECT FROM coupon_claims o WHERE o.user_id = $2 AND (o.coupon = c.coupon OR o.key = c.key)
)
RETURNING coupon;

-- name: move_claims_back
-- $1 who it was, $2 who it is, $3 coupons text[]
UPDATE coupon_claims c SET user_id = $1
WHERE user_id = $2 AND coupon = ANY($3::text[]) AND NOT EXISTS (
    SELECT FROM coupon_claims o WHERE o.user_id = $1 AND (o.coupon = c.coupon OR o.key = c.key)
)
RETURNING coupon;

-- name: coupons_of
-- $1 person
SELECT jsonb_build_object('coupon', c.id, 'title', c.card->>'title', 'at', to_timestamp(k.claimed_ts / 1000.0))
FROM coupon_claims k JOIN coupons c ON c.id = k.coupon WHERE k.user_id = $1 ORDER BY k.claimed_ts, c.id;

-- name: erase_claims
-- They go on being counted. $1 person, $2 stands in
WITH gone AS (
    UPDATE coupon_claims SET user_id = $2, key = NULL WHERE user_id = $1 RETURNING true
) SELECT count(*) FROM gone;

-- name: move_uses
-- A coupon that either of them used is used, so that to become one frees none; where both did, each order keeps its own.
-- $1 who it was, $2 who it is
UPDATE coupon_uses u SET person = $2
WHERE person = $1 AND (state = 'back' OR NOT EXISTS (
    SELECT FROM coupon_uses o WHERE o.person = $2 AND o.coupon = u.coupon AND o.state <> 'back'
))
RETURNING order_id || ' ' || coupon;

-- name: move_uses_back
-- $1 who it was, $2 who it is, $3 orders and coupons text[]
UPDATE coupon_uses u SET person = $1
WHERE person = $2 AND order_id || ' ' || coupon = ANY($3::text[]) AND (state = 'back' OR NOT EXISTS (
    SELECT FROM coupon_uses o WHERE o.person = $1 AND o.coupon = u.coupon AND o.state <> 'back'
))
RETURNING order_id || ' ' || coupon;

-- name: uses_of
-- $1 person
SELECT jsonb_build_object('coupon', coupon, 'order', order_id, 'state', state, 'at', to_timestamp(locked_ms / 1000.0))
FROM coupon_uses WHERE person = $1 ORDER BY locked_ms, order_id, coupon;

-- name: erase_uses
-- They go on being counted. $1 person, $2 stands in
WITH gone AS (UPDATE coupon_uses SET person = $2 WHERE person = $1 RETURNING true) SELECT count(*) FROM gone;

-- name: move_invitations
-- $1 who it was, $2 who it is
UPDATE coupon_people p SET person = $2
WHERE person = $1 AND NOT EXISTS (SELECT FROM coupon_people o WHERE o.person = $2 AND o.coupon = p.coupon)
RETURNING coupon;

-- name: move_invitations_back
-- $1 who it was, $2 who it is, $3 coupons text[]
UPDATE coupon_people p SET person = $1
WHERE person = $2 AND coupon = ANY($3::text[])
    AND NOT EXISTS (SELECT FROM coupon_people o WHERE o.person = $1 AND o.coupon = p.coupon)
RETURNING coupon;

-- name: invitations_of
-- $1 person
SELECT jsonb_build_object('coupon', c.id, 'title', c.card->>'title')
FROM coupon_people p JOIN coupons c ON c.id = p.coupon WHERE p.person = $1 ORDER BY c.id;

-- name: erase_invitations
-- $1 person, $2 unused
WITH gone AS (DELETE FROM coupon_people WHERE person = $1 AND $2::text IS NOT NULL RETURNING true) SELECT count(*) FROM gone;
