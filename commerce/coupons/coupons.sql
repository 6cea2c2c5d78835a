-- name: insert_coupon
-- One on the stock counts as ended for the version before, which must not claim it.
-- $1 id, $2 room, $3 card jsonb, $4 total, $5 ends_ts, $6 prize, $7 now, Unix ms, $8 on_stock. What runs twice inserts once.
INSERT INTO coupons (id, room, card, total, ends_ts, prize, created_at, on_stock, ended)
VALUES ($1, $2, $3, $4, $5, $6, to_timestamp($7::bigint / 1000.0), $8, $8) ON CONFLICT (id) DO NOTHING;

-- name: invite
-- Whom a coupon is for. What runs twice inserts once.
-- $1 coupon, $2 people text[]
INSERT INTO coupon_people (coupon, person) SELECT $1, person FROM unnest($2::text[]) AS person ON CONFLICT DO NOTHING;

-- name: is_invited
-- $1 coupon, $2 person
SELECT EXISTS (SELECT FROM coupon_people WHERE coupon = $1 AND person = $2);

-- name: names_of_products
-- $1 ids text[]
SELECT id, title, titles FROM products WHERE id = ANY($1::text[]);

-- name: coupon
-- $1 id, $2 room
SELECT card, on_stock FROM coupons WHERE id = $1 AND room = $2;

-- name: coupons_of_room
-- Latest first. Of those on the stock the engine has counted, and its rows stay.
-- $1 room, $2 those shown now text[], $3 state or null, $4 and $5 before this moment (Unix ms) and id, or null, $6 how many,
-- $7 what the title has in it, "" for all
SELECT id, card, state, claimed, used, created_ts FROM (
    SELECT c.id, c.card, (extract(epoch FROM c.created_at) * 1000)::bigint AS created_ts,
           CASE WHEN c.prize THEN 'given' WHEN c.id = ANY($2::text[]) THEN 'shown' ELSE 'ended' END AS state,
           coalesce((SELECT s.held + s.sold FROM stock_resources s WHERE c.on_stock AND s.id = 'coupon:' || c.id), c.taken) AS claimed,
           (SELECT count(*) FROM coupon_uses u WHERE u.coupon = c.id AND u.state = 'used') AS used
    FROM coupons c WHERE c.room = $1
) c
WHERE ($3::text IS NULL OR state = $3::text)
    AND position(lower($7::text) IN lower(concat_ws(' ', card ->> 'title', card #>> '{titles,zh}', card #>> '{titles,en}'))) > 0
    AND ($4::bigint IS NULL OR (created_ts, id COLLATE "C") < ($4::bigint, $5::text COLLATE "C"))
ORDER BY created_ts DESC, id COLLATE "C" DESC LIMIT $6;

-- name: coupon_for_update
-- Held by whoever gives or claims one that is not on the stock, so that taken never passes total.
-- $1 id
SELECT room, card, total, taken, ends_ts, ended, prize FROM coupons WHERE id = $1 FOR NO KEY UPDATE;

-- name: grow
-- There are so many more than are taken, at least. Under its row's lock. $1 id, $2 how many
UPDATE coupons SET total = taken + $2, card = jsonb_set(card, '{total}', to_jsonb(taken + $2)) WHERE id = $1 AND total < taken + $2;

-- name: end_coupon
-- $1 id, $2 room
UPDATE coupons SET ended = true WHERE id = $1 AND room = $2;

-- name: claims
-- Of one that is not on the stock.
-- $1 coupon, $2 users text[]
SELECT user_id, claimed_ts FROM coupon_claims WHERE coupon = $1 AND user_id = ANY($2::text[]);

-- name: now_are
-- Who they are by now, if they have become somebody else, once each.
-- $1 users text[]
WITH RECURSIVE becoming AS (
    SELECT user_id, n, 0 AS steps FROM unnest($1::text[]) WITH ORDINALITY AS u (user_id, n)
    UNION ALL
    SELECT m.person, b.n, b.steps + 1 FROM becoming AS b
    JOIN person_merges AS m ON m.merged = b.user_id AND m.undone_ts IS NULL WHERE b.steps < 8
)
SELECT DISTINCT user_id FROM (SELECT DISTINCT ON (n) user_id FROM becoming ORDER BY n, steps DESC) AS u;

-- name: look_up
-- What is known of each who wants a coupon: one row for each, by its place. used_for: what they got under the same key. What people
-- got who have become this one is theirs. Written so that each is found by an index: as joins they may become one over all that was
-- ever claimed.
-- $1 coupons text[], $2 users text[], $3 keys text[]: of one claim each, in order
SELECT a.place, c.room, c.card, c.on_stock,
    (SELECT k.claimed_ts FROM coupon_claims k WHERE k.coupon = a.coupon AND k.user_id = a.user_id) AS claimed_ts,
    (
        WITH RECURSIVE known (id) AS (
            SELECT a.user_id UNION SELECT s.person FROM known AS k JOIN stock_aliases AS s ON s.whom = k.id
        )
        SELECT h.id FROM stock_holds h WHERE h.person IN (SELECT id FROM known) AND h.resources[1] = 'coupon:' || a.coupon
            AND starts_with(h.resources[1], 'coupon:') AND h.state = 3 LIMIT 1
    ) AS hold,
    coalesce(
        (SELECT k.coupon FROM coupon_claims k WHERE k.user_id = a.user_id AND k.key = a.key),
        (
            SELECT substr(h.resources[1], length('coupon:') + 1) FROM stock_holds h
            WHERE h.person = a.user_id AND h.key = 'claim:' || a.key
        )
    ) AS used_for,
    EXISTS (SELECT FROM coupon_people p WHERE p.coupon = a.coupon AND p.person = a.user_id) AS is_invited
FROM unnest($1::text[], $2::text[], $3::text[]) WITH ORDINALITY AS a (coupon, user_id, key, place)
LEFT JOIN LATERAL (SELECT room, card, on_stock FROM coupons WHERE id = a.coupon LIMIT 1) AS c ON true;

-- name: banned
-- Who is banned from which of $1 rooms text[] at $2 (Unix ms); there are `restrictions_max` at most of each. Locks nothing: the
-- room's row comes before the coupon's.
-- Somebody who wrote past the server must not fail a batch of claims: what is no moment bans nobody.
SELECT r.id AS room, b.key AS user_id
FROM rooms r, jsonb_each_text(CASE jsonb_typeof(r.state->'bans') WHEN 'object' THEN r.state->'bans' ELSE '{}' END) AS b
WHERE r.id = ANY($1::text[]) AND CASE WHEN b.value ~ '^[0-9]{1,18}$' THEN b.value::bigint > $2 ELSE false END;

-- name: insert_claims
-- $1 jsonb: a list of claims of coupons that are not on the stock, without a key what is given. Under the coupons' row locks; they
-- count as taken.
WITH claimed AS (
    INSERT INTO coupon_claims (coupon, user_id, claimed_ts, key)
    SELECT coupon, "user", ts, key FROM jsonb_to_recordset($1::jsonb) AS t (coupon text, "user" text, ts bigint, key text)
    RETURNING coupon
), counted AS (SELECT coupon, count(*)::integer AS n FROM claimed GROUP BY coupon)
UPDATE coupons c SET taken = c.taken + counted.n FROM counted WHERE c.id = counted.coupon;

-- name: wallet
-- Of both kinds of claims, those on the stock also of people who have become this one: at most so many of each, the latest.
-- $1 person, $2 how many, $3 whether only those that can be used, $4 now, Unix ms, $5 text[] or null: for a cart, and so these come
-- first, then those that can be used
WITH RECURSIVE known (id) AS (
    SELECT $1::text
    UNION SELECT a.person FROM known AS k JOIN stock_aliases AS a ON a.whom = k.id
), given AS (
    SELECT k.coupon, k.claimed_ts, NULL::text AS hold FROM coupon_claims k WHERE k.user_id = $1
), taken AS (
    SELECT substr(h.resources[1], length('coupon:') + 1) AS coupon, NULL::bigint AS claimed_ts, h.id AS hold
    FROM stock_holds h WHERE h.person IN (SELECT id FROM known) AND starts_with(h.resources[1], 'coupon:') AND h.state = 3
), claims AS (
    SELECT c.id, c.room, c.card, t.claimed_ts, t.hold, u.state, u.order_id,
        CASE
            WHEN $5::text[] IS NULL THEN 0
            WHEN c.id = ANY($5::text[]) THEN 1
            WHEN u.state IS NULL AND coalesce((c.card->>'usable_until_ts')::bigint > $4, true) THEN 2
            ELSE 3
        END AS place
    FROM (SELECT * FROM given UNION ALL SELECT * FROM taken) AS t
    JOIN coupons c ON c.id = t.coupon
    LEFT JOIN coupon_uses u ON u.person = $1 AND u.coupon = c.id AND u.state <> 'back'
    WHERE NOT $3 OR (u.state IS NULL AND coalesce((c.card->>'usable_until_ts')::bigint > $4, true))
)
(SELECT * FROM claims WHERE hold IS NULL ORDER BY place, claimed_ts DESC, id LIMIT $2)
UNION ALL (SELECT * FROM claims WHERE hold IS NOT NULL ORDER BY place, hold DESC LIMIT $2);

-- name: held_coupon
-- $1 person, $2 coupon: as it is, if they have it
WITH RECURSIVE known (id) AS (
    SELECT $1::text
    UNION SELECT a.person FROM known AS k JOIN stock_aliases AS a ON a.whom = k.id
)
SELECT c.card FROM coupons c WHERE c.id = $2 AND (
    EXISTS (SELECT FROM coupon_claims k WHERE k.coupon = c.id AND k.user_id = $1)
    OR EXISTS (
        SELECT FROM stock_holds h WHERE h.person IN (SELECT id FROM known) AND h.resources[1] = 'coupon:' || c.id
            AND starts_with(h.resources[1], 'coupon:') AND h.state = 3
    )
);

-- name: lock_new_buyers
-- Held by whoever locks or uses a coupon for new buyers, so that of two such coupons of one person one is looked at a time.
-- $1 people text[], sorted
SELECT count(pg_advisory_xact_lock(hashtextextended('livehub new buyer ' || p, 0))) FROM unnest($1::text[]) AS p;

-- name: is_new_buyer_in
-- Whether another order has a coupon for new buyers of this person's, or of somebody's who has become them: two who used one each
-- before they were one keep their rows apart. $1 person, $2 the order that does not count, $3 states text[]
WITH RECURSIVE known (id) AS (
    SELECT $1::text
    UNION SELECT a.person FROM known AS k JOIN stock_aliases AS a ON a.whom = k.id
)
SELECT EXISTS (
    SELECT FROM coupon_uses
    WHERE person IN (SELECT id FROM known) AND is_new_buyers AND state = ANY($3::text[]) AND order_id <> $2
);

-- name: with_new_buyers
-- Orders with a coupon for new buyers, whatever became of it. $1 orders text[]
SELECT DISTINCT order_id FROM coupon_uses WHERE order_id = ANY($1::text[]) AND is_new_buyers;

-- name: lock
-- Nothing while another order has it; one that is being locked at this moment is waited for.
-- $1 order, $2 coupon, $3 person, $4 whether for new buyers, $5 now, Unix ms
INSERT INTO coupon_uses (order_id, coupon, person, state, is_new_buyers, locked_ms) VALUES ($1, $2, $3, 'locked', $4, $5)
ON CONFLICT DO NOTHING;

-- name: use_of
-- $1 person, $2 coupon
SELECT order_id, state FROM coupon_uses WHERE person = $1 AND coupon = $2 AND state <> 'back';

-- name: use
-- $1 orders text[]. Under the orders' row locks.
UPDATE coupon_uses SET state = 'used' WHERE order_id = ANY($1::text[]) AND state = 'locked';

-- name: give_back
-- $1 orders text[]. Under the orders' row locks.
UPDATE coupon_uses SET state = 'back' WHERE order_id = ANY($1::text[]) AND state <> 'back';

-- name: relock
-- Fails by coupon_uses_once when another order has one of them.
-- $1 order
UPDATE coupon_uses SET state = 'locked' WHERE order_id = $1 AND state = 'back';
