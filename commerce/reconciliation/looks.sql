-- name: look_at
-- Of a day. $1 day
SELECT found, jsonb_array_length(away) AS away FROM reconciliations WHERE day = $1;

-- name: keep_look
-- $1 day, $2 now, real Unix ms, $3 how many differences, $4 the first of them and $5 what was away, JSON
INSERT INTO reconciliations (day, looked_real_ms, found, differences, away) VALUES ($1, $2, $3, $4::text::jsonb, $5::text::jsonb)
ON CONFLICT (day) DO UPDATE SET looked_real_ms = excluded.looked_real_ms, found = excluded.found, differences = excluded.differences,
    away = excluded.away;

-- name: looks
-- The latest days first. $1 how many, $2 before this day or null, $3 what is in the day, or in what was found, "" for any
SELECT day, looked_real_ms, found, differences::text AS differences, away::text AS away FROM reconciliations
WHERE ($2::date IS NULL OR day < $2)
    AND ($3 = '' OR strpos(lower(concat_ws(' ', day, differences, away)), lower($3)) > 0)
ORDER BY day DESC LIMIT $1;

-- name: closed
-- The last day whose books are closed.
SELECT max(day) FROM ledger_days;

-- name: bill_days
-- Of each provider the latest days. $1 how many days
SELECT provider, day, rows, fetched_real_ms, fault FROM (
    SELECT *, row_number() OVER (PARTITION BY provider ORDER BY day DESC) AS place FROM bill_days
) AS numbered WHERE place <= $1 ORDER BY day DESC, provider;
