-- Of a merge that was undone a version before kept both ids as what it was and what it became; they go as all others of a person do.
CREATE OR REPLACE FUNCTION anonymise_audit(who text, stand_in text) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    n bigint;
BEGIN
    PERFORM set_config('livehub.audit_door', 'open', true);
    UPDATE audit SET
        about_id = CASE about_id WHEN who THEN stand_in ELSE about_id END,
        about_name = CASE about_id WHEN who THEN '' ELSE about_name END,
        subject = CASE subject WHEN who THEN stand_in ELSE subject END,
        was = CASE WHEN has_states AND was = who THEN stand_in ELSE was END,
        became = CASE WHEN has_states AND became = who THEN stand_in ELSE became END,
        by_id = CASE WHEN by_id = who AND is_own THEN stand_in ELSE by_id END,
        by_name = CASE WHEN by_id = who AND is_own THEN '' ELSE by_name END,
        data = without_person(data, who, stand_in),
        before = without_person(before, who, stand_in),
        after = without_person(after, who, stand_in)
    FROM (
        SELECT a.id AS found, own.is_own, own.has_states FROM audit a CROSS JOIN LATERAL (
            SELECT a.type = 'report' OR coalesce(a.by_role, '') IN ('guest', 'viewer') AS is_own,
                a.type = 'person_separate' AS has_states  -- of others these are words, as `open`
        ) own
        WHERE a.about_id = who OR a.subject = who OR (own.is_own AND a.by_id = who)
            OR (own.has_states AND who IN (a.was, a.became))
            OR has_person(a.data, who) OR has_person(a.before, who) OR has_person(a.after, who)
    ) theirs
    WHERE id = theirs.found;
    GET DIAGNOSTICS n = ROW_COUNT;
    PERFORM set_config('livehub.audit_door', '', true);
    RETURN n;
END
$$;
