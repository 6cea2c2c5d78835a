-- What the ledger of deliveries keeps of people.

-- name: move_deliveries
-- $1 who it was, $2 who it is
UPDATE notice_deliveries SET person = $2 WHERE person = $1 RETURNING key || ' ' || channel;

-- name: move_deliveries_back
-- $1 who it was, $2 who it is, $3 keys with their channels text[]
UPDATE notice_deliveries SET person = $1 WHERE person = $2 AND key || ' ' || channel = ANY($3::text[])
RETURNING key || ' ' || channel;

-- name: deliveries_of
-- $1 person
SELECT jsonb_build_object('at', to_timestamp(created_ms / 1000.0), 'notice', template, 'channel', channel)
FROM notice_deliveries WHERE person = $1 ORDER BY created_ms, key, channel;

-- name: erase_deliveries
-- What was told stays told, or a retry would tell it again. $1 person, $2 stands in
WITH gone AS (
    UPDATE notice_deliveries SET person = $2 WHERE person = $1 RETURNING true
) SELECT count(*) FROM gone;
