-- What the stock engine keeps of people.

-- name: holds_of
-- $1 person
SELECT jsonb_build_object(
    'hold', id, 'state', state, 'until', to_timestamp(expires_ms / 1000.0), 'what', resources, 'asked', asked, 'got', has
)
FROM stock_holds WHERE person = $1 ORDER BY id;

-- name: waits_of
-- $1 person
SELECT jsonb_build_object('what', resources, 'asked', asked) FROM stock_waits WHERE person = $1 ORDER BY place;
