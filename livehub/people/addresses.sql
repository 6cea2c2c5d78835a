-- Everybody sees and changes their own alone: each query asks for the person.

-- name: addresses
-- $1 person
SELECT * FROM addresses WHERE person = $1 ORDER BY is_default DESC, created_ts DESC, id DESC;

-- name: lock_addresses
-- Of one person, in turn: their count and their default are looked at and changed together. $1 person
SELECT pg_advisory_xact_lock(hashtextextended('livehub addresses ' || $1::text, 0));

-- name: address
-- $1 person, $2 id
SELECT * FROM addresses WHERE person = $1 AND id = $2;

-- name: addresses_count
-- $1 person
SELECT count(*) FROM addresses WHERE person = $1;

-- name: no_default
-- $1 person
UPDATE addresses SET is_default = false WHERE person = $1 AND is_default;

-- name: put_address
-- $1 id, $2 person, $3 name, $4 phone, $5 region, $6 line, $7 lat, $8 lon, $9 datum, $10 wgs84_lat, $11 wgs84_lon, $12 is_default,
-- $13 now, Unix ms
INSERT INTO addresses AS a (
    id, person, name, phone, region, line, lat, lon, datum, wgs84_lat, wgs84_lon, is_default, created_ts, changed_ts
)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $13)
ON CONFLICT (id) DO UPDATE SET
    name = excluded.name, phone = excluded.phone, region = excluded.region, line = excluded.line, lat = excluded.lat,
    lon = excluded.lon, datum = excluded.datum, wgs84_lat = excluded.wgs84_lat, wgs84_lon = excluded.wgs84_lon,
    is_default = excluded.is_default, changed_ts = excluded.changed_ts
WHERE a.person = excluded.person
RETURNING *;

-- name: delete_address
-- $1 person, $2 id
DELETE FROM addresses WHERE person = $1 AND id = $2 RETURNING is_default;

-- name: default_latest
-- $1 person
UPDATE addresses SET is_default = true WHERE id = (
    SELECT id FROM addresses WHERE person = $1 ORDER BY created_ts DESC, id DESC LIMIT 1
);
