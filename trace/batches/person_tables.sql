-- What batches keep of people: which of the staff did something, and who scanned what.

-- name: batches_by
-- $1 person
SELECT jsonb_build_object('batch', id, 'gtin', gtin, 'lot', lot, 'at', to_timestamp(created_ms / 1000.0))
FROM batches WHERE created_by = $1 ORDER BY created_ms, id;

-- name: makings_by
-- $1 person
SELECT jsonb_build_object('making', id, 'kind', kind, 'at', to_timestamp(created_ms / 1000.0))
FROM batch_makings WHERE created_by = $1 ORDER BY created_ms, id;

-- name: sheets_by
-- $1 person
SELECT jsonb_build_object('sheet', id, 'boxes', boxes, 'at', to_timestamp(created_ms / 1000.0))
FROM batch_sheets WHERE created_by = $1 ORDER BY created_ms, id;

-- name: boxes_by
-- $1 person
SELECT jsonb_build_object('serial', serial, 'at', to_timestamp(packed_ms / 1000.0))
FROM batch_boxes WHERE packed_by = $1 ORDER BY packed_ms, serial;

-- name: steps_by
-- $1 person
SELECT jsonb_build_object('step', id, 'kind', kind, 'note', note, 'at', to_timestamp(at_ms / 1000.0))
FROM batch_steps WHERE created_by = $1 ORDER BY at_ms, id;

-- name: erase_steps
-- What was done stays.
-- $1 person, $2 what stands for them
WITH erased AS (
    UPDATE batch_steps SET created_by = $2, note = '' WHERE created_by = $1 RETURNING true
) SELECT count(*) FROM erased;

-- name: merge_scans
-- What both have scanned stays where it is. $1 who, $2 turned out to be
UPDATE batch_scans AS s SET person = $2 WHERE person = $1
    AND NOT EXISTS (SELECT FROM batch_scans AS o WHERE o.batch = s.batch AND o.serial = s.serial AND o.person = $2)
RETURNING s.batch || ' ' || s.serial;

-- name: unmerge_scans
-- $1 who was, $2 whom they were taken for, $3 text[] of keys
UPDATE batch_scans SET person = $1 WHERE person = $2 AND batch || ' ' || serial = ANY($3::text[]) RETURNING batch || ' ' || serial;

-- name: export_scans
-- $1 person
SELECT jsonb_build_object('batch', batch, 'serial', serial, 'scans', scans, 'first', to_timestamp(first_ms / 1000.0))
FROM batch_scans WHERE person = $1 ORDER BY first_ms, batch, serial;

-- name: erase_scans
-- $1 person, $2 what stands for them
WITH erased AS (UPDATE batch_scans SET person = $2 WHERE person = $1 RETURNING true) SELECT count(*) FROM erased;
