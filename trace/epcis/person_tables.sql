-- What EPCIS keeps of people: who captured documents.

-- name: captures_by
-- $1 person
SELECT jsonb_build_object('capture', id, 'events', events, 'at', to_timestamp(created_ms / 1000.0))
FROM epcis_jobs WHERE person = $1 ORDER BY created_ms, id;
