-- name: insert_consent
-- $1 person, $2 purpose, $3 granted, $4 version, $5 now, Unix ms, $6 place
INSERT INTO consents (person, purpose, granted, version, ts, place) VALUES ($1, $2, $3, $4, $5, $6);

-- name: consents
-- The last word about each purpose. $1 person
SELECT DISTINCT ON (purpose) purpose, granted, version, ts, place FROM consents WHERE person = $1 ORDER BY purpose, ts DESC, id DESC;

-- name: lock_consent
-- Words about one purpose come one after the other. $1 person, $2 purpose
SELECT pg_advisory_xact_lock(hashtextextended('livehub consent ' || $1::text || ' ' || $2::text, 0));

-- name: consents_since
-- $1 person, $2 purpose, $3 since, Unix ms
SELECT count(*) FROM consents WHERE person = $1 AND purpose = $2 AND ts >= $3;

-- name: forget_guests
-- Of guests who have said nothing since, and are nobody by now. $1 said before, Unix ms, $2 how many at most
WITH gone AS (
    DELETE FROM consents WHERE id IN (
        SELECT c.id FROM consents AS c WHERE starts_with(c.person, 'guest-') AND c.ts < $1
            AND NOT EXISTS (SELECT FROM consents AS l WHERE l.person = c.person AND l.ts >= $1)
            AND NOT EXISTS (SELECT FROM identities AS i WHERE i.kind = 'guest' AND i.subject = c.person)
        LIMIT $2
    ) RETURNING true
) SELECT count(*) FROM gone;
