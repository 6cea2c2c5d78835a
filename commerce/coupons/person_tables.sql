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
