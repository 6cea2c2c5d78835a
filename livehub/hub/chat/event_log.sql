-- name: past_events
-- A room's control messages, and what else was done in it or in all rooms, latest first. `key` tells events of one moment apart.
-- A ban until 1 lets go of who was erased (people.py): nobody was banned. The last part is what a process of the version before decided of lines, where nobody has carried it over yet.
-- $1 room, $2 and $3 before this moment (Unix ms) and key, or null, $4 how many at most, $5 types or null, $6 of this person or
-- null, $7 about this line or null, $8 whether the caller may know who reported a line
SELECT ts, key, type, subject, data, by_id, by_name, about_id, about_name, was, became, why, "offset" FROM (
    (SELECT c.ts, 'c' || lpad(c."offset"::text, 19, '0') || c.epoch AS key, coalesce(c.data->>'type', '') AS type,
            NULL::text AS subject, c.data, c.by_id, c.by_name, NULL::text AS about_id, NULL::text AS about_name,
            NULL::text AS was, NULL::text AS became, c.why, c."offset"
     FROM room_controls c
     WHERE c.room = $1 AND (c.data->>'type' = 'ban' AND c.data->>'until_ts' = '1') IS NOT TRUE AND ($2::bigint IS NULL OR c.ts <= $2::bigint) AND (
            $2::bigint IS NULL
            OR (c.ts, 'c' || lpad(c."offset"::text, 19, '0') || c.epoch) < ($2::bigint, $3::text COLLATE "C")
        )
        AND ($5::text[] IS NULL OR coalesce(c.data->>'type', '') = ANY($5::text[]))
        AND ($6::text IS NULL OR $6 IN (c.by_id, c.data->>'user', c.data->'line'->>'user'))
        AND ($7::text IS NULL OR $7 IN (c.data->>'line', c.data->'line'->>'id', c.why->>'line'))
     ORDER BY c.ts DESC, c."offset" DESC LIMIT $4)
    UNION ALL
    (SELECT a.ts, 'a' || lpad(a.id::text, 19, '0'), a.type, a.subject, a.data,
            CASE WHEN $8 OR a.type <> 'report' THEN a.by_id END, CASE WHEN $8 OR a.type <> 'report' THEN a.by_name END,
            a.about_id, a.about_name, a.was, a.became, NULL, NULL
     FROM (VALUES ($1::text), ('')) AS of (room) CROSS JOIN LATERAL (
        SELECT * FROM room_actions a
        WHERE coalesce(a.room, '') = of.room AND ($2::bigint IS NULL OR a.ts <= $2::bigint) AND (
                $2::bigint IS NULL OR (a.ts, 'a' || lpad(a.id::text, 19, '0')) < ($2::bigint, $3::text COLLATE "C")
            )
            AND ($5::text[] IS NULL OR a.type = ANY($5::text[]))
            AND ($6::text IS NULL OR a.about_id = $6 OR (a.by_id = $6 AND ($8 OR a.type <> 'report')))
            AND ($7::text IS NULL OR (a.subject = $7 AND a.data ? 'line'))
        ORDER BY a.ts DESC, a.id DESC LIMIT $4
     ) a)
    UNION ALL
    (SELECT h.ts, h.key, h.type, h.line_id, h.data, h.decided_by, NULL, h.line->>'user', h.line->>'name', 'waiting',
            h.became, NULL, NULL
     FROM (
        SELECT (extract(epoch FROM decided_at) * 1000)::bigint AS ts, 'h' || line_id AS key, line_id, line, decided_by,
               CASE status WHEN 'rejected' THEN 'held_reject' ELSE 'held_approve' END AS type,
               CASE status WHEN 'rejected' THEN 'rejected' ELSE 'approved' END AS became,
               jsonb_build_object('line', line, 'reason', reason, 'matched', matched) AS data
        FROM held_lines WHERE room = $1 AND decided_at IS NOT NULL AND decided_at IS DISTINCT FROM told_at) h
     WHERE ($2::bigint IS NULL OR (h.ts, h.key COLLATE "C") < ($2::bigint, $3::text COLLATE "C"))
        AND ($5::text[] IS NULL OR h.type = ANY($5::text[]))
        AND ($6::text IS NULL OR $6 IN (h.decided_by, h.line->>'user'))
        AND ($7::text IS NULL OR h.line_id = $7)
     ORDER BY h.ts DESC, h.key COLLATE "C" DESC LIMIT $4)
) e
ORDER BY ts DESC, key COLLATE "C" DESC LIMIT $4;

-- name: next_restrictions
-- What was said next of the same person and kind, after each of these mutes and bans.
-- $1 room, $2 types text[], $3 persons text[], $4 moments bigint[], $5 offsets bigint[]
SELECT k.n, c.ts, c.by_id, c.by_name
FROM unnest($2::text[], $3::text[], $4::bigint[], $5::bigint[]) WITH ORDINALITY AS k (type, person, ts, "offset", n)
CROSS JOIN LATERAL (
    SELECT c.ts, c.by_id, c.by_name FROM room_controls c
    WHERE c.room = $1 AND c.data->>'type' IN ('mute', 'ban') AND c.data->>'type' = k.type AND c.data->>'user' = k.person
        AND c.ts >= k.ts AND (c.ts, c."offset") > (k.ts, k."offset")
    ORDER BY c.ts, c."offset" LIMIT 1
) c;

-- name: lines
-- Chat lines, and lines that never were among them. $1 room, $2 ids text[]
SELECT id, user_id, name, role, text, ts, badge FROM chats WHERE room = $1 AND id = ANY($2::text[])
UNION ALL
SELECT h.line_id, h.line->>'user', h.line->>'name', h.line->>'role', h.line->>'text', (h.line->>'ts')::bigint,
       h.line->>'badge'
FROM held_lines h WHERE h.room = $1 AND h.line_id = ANY($2::text[])
    AND NOT EXISTS (SELECT FROM chats c WHERE c.room = $1 AND c.id = h.line_id);
