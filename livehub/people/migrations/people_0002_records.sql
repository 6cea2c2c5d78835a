-- --- the audit log ---

-- What staff did, which was kept for rooms alone, becomes the record of every act of staff, and grows by what such a record needs.
ALTER TABLE room_actions RENAME TO audit;
DROP TRIGGER room_actions_stay ON audit;
ALTER TABLE audit DROP CONSTRAINT room_actions_room_fkey;  -- it outlives what it is about
ALTER TABLE audit
    ADD COLUMN by_role text,                              -- what they were then; null: a version before did not keep it
    ADD COLUMN before   jsonb,                            -- what changed, as it was and as it became
    ADD COLUMN after    jsonb,
    ADD COLUMN why      text    NOT NULL DEFAULT '',      -- in the words of whoever did it
    ADD COLUMN network  text    NOT NULL DEFAULT '',      -- from where, as a keyed hash
    ADD COLUMN is_event boolean NOT NULL DEFAULT true;    -- told by the event logs of rooms; what a control message tells is not
CREATE INDEX audit_when ON audit (ts DESC, id DESC);
CREATE INDEX audit_by ON audit (by_id, ts DESC, id DESC);
CREATE INDEX audit_about ON audit (about_id, ts DESC) WHERE about_id IS NOT NULL;
CREATE INDEX audit_what ON audit (subject, ts DESC) WHERE subject <> '';

-- Written, and left alone: only the functions below, which say in a setting of their transaction that it is they, take something away.
CREATE FUNCTION refuse_to_rewrite_audit() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF current_setting('livehub.audit_door', true) IS DISTINCT FROM 'open' THEN
        RAISE EXCEPTION 'audit is append-only';
    END IF;
    RETURN coalesce(NEW, OLD);
END
$$;
CREATE TRIGGER audit_stays BEFORE UPDATE OR DELETE ON audit FOR EACH ROW EXECUTE FUNCTION refuse_to_rewrite_audit();
CREATE TRIGGER audit_stays_whole BEFORE TRUNCATE ON audit FOR EACH STATEMENT EXECUTE FUNCTION refuse_to_rewrite_audit();

-- Delete what was done before a moment (Unix ms), at most so many rows; how many it was.
CREATE FUNCTION forget_audit(before_ts bigint, most integer) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    n bigint;
BEGIN
    PERFORM set_config('livehub.audit_door', 'open', true);
    DELETE FROM audit WHERE id IN (SELECT id FROM audit WHERE ts < before_ts LIMIT most);
    GET DIAGNOSTICS n = ROW_COUNT;
    PERFORM set_config('livehub.audit_door', '', true);
    RETURN n;
END
$$;

-- Take the chat line out of what was decided about it before a moment, and whom it met: that somebody decided stays. At most so
-- many rows; how many it was.
CREATE FUNCTION forget_audited_lines(before_ts bigint, most integer) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    n bigint;
BEGIN
    PERFORM set_config('livehub.audit_door', 'open', true);
    UPDATE audit SET data = data - 'line' - 'matched', about_id = NULL, about_name = NULL, is_event = false
    WHERE id IN (SELECT id FROM audit WHERE ts < before_ts AND data ? 'line' LIMIT most);
    GET DIAGNOSTICS n = ROW_COUNT;
    PERFORM set_config('livehub.audit_door', '', true);
    RETURN n;
END
$$;

-- What the event log of rooms reads, and processes of the version before write. Those delete from it, too, by a retention that the
-- audit log does not have: nothing comes of it.
CREATE VIEW room_actions AS
SELECT id, room, ts, type, subject, was, became, by_id, by_name, about_id, about_name, data FROM audit WHERE is_event;
CREATE FUNCTION keep_row() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RETURN NULL;
END
$$;
CREATE TRIGGER room_actions_kept INSTEAD OF DELETE ON room_actions FOR EACH ROW EXECUTE FUNCTION keep_row();

-- --- erasure ---

-- A document without a person: their id, wherever it stands as a value or a name of a member, becomes `stand_in`; what an object that
-- has their id says of them in words (name, text) becomes empty. All the rest is as it was.
CREATE FUNCTION without_person(doc jsonb, who text, stand_in text) RETURNS jsonb LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
    is_theirs boolean;
BEGIN
    CASE jsonb_typeof(doc)
    WHEN 'string' THEN
        RETURN CASE WHEN doc = to_jsonb(who) THEN to_jsonb(stand_in) ELSE doc END;
    WHEN 'array' THEN
        RETURN coalesce(
            (SELECT jsonb_agg(without_person(e.value, who, stand_in) ORDER BY e.n)
             FROM jsonb_array_elements(doc) WITH ORDINALITY AS e (value, n)), '[]');
    WHEN 'object' THEN
        is_theirs := EXISTS (SELECT FROM jsonb_each(doc) AS e WHERE e.value = to_jsonb(who));
        RETURN coalesce(
            (SELECT jsonb_object_agg(
                 CASE e.key WHEN who THEN stand_in ELSE e.key END,
                 CASE WHEN is_theirs AND e.key IN ('name', 'text') AND jsonb_typeof(e.value) = 'string' THEN to_jsonb(''::text)
                      ELSE without_person(e.value, who, stand_in) END)
             FROM jsonb_each(doc) AS e), '{}');
    ELSE
        RETURN doc;
    END CASE;
END
$$;

-- Whether a document has the person's id in it, as a value or a name of a member.
CREATE FUNCTION has_person(doc jsonb, who text) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
SELECT position(to_json(who)::text IN doc::text) > 0
$$;

-- What others did to a person, or was told of them, stays without them; what they did as staff stays with their name: who it was is
-- what the log is for. How many rows it was.
CREATE FUNCTION anonymise_audit(who text, stand_in text) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    n bigint;
BEGIN
    PERFORM set_config('livehub.audit_door', 'open', true);
    UPDATE audit SET
        about_id = CASE about_id WHEN who THEN stand_in ELSE about_id END,
        about_name = CASE about_id WHEN who THEN '' ELSE about_name END,
        subject = CASE subject WHEN who THEN stand_in ELSE subject END,
        by_id = CASE WHEN by_id = who AND is_own THEN stand_in ELSE by_id END,
        by_name = CASE WHEN by_id = who AND is_own THEN '' ELSE by_name END,
        data = without_person(data, who, stand_in),
        before = without_person(before, who, stand_in),
        after = without_person(after, who, stand_in)
    FROM (
        SELECT a.id AS found, a.type = 'report' OR coalesce(a.by_role, '') IN ('guest', 'viewer') AS is_own FROM audit a
        WHERE a.about_id = who OR a.by_id = who OR a.subject = who
            OR has_person(a.data, who) OR has_person(a.before, who) OR has_person(a.after, who)
    ) theirs
    WHERE id = theirs.found
        AND (is_own OR about_id = who OR subject = who OR has_person(data, who) OR has_person(before, who) OR has_person(after, who));
    GET DIAGNOSTICS n = ROW_COUNT;
    PERFORM set_config('livehub.audit_door', '', true);
    RETURN n;
END
$$;

-- The same of questions that were answered before everybody: an answer's message has their name, and not whose id it is. How many rows.
CREATE FUNCTION unname_audited_questions(ids text[]) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    asked text;
    more  bigint;
    n     bigint := 0;
BEGIN
    PERFORM set_config('livehub.audit_door', 'open', true);
    FOREACH asked IN ARRAY ids LOOP
        UPDATE audit SET before = without_person(before, asked, asked), after = without_person(after, asked, asked)
        WHERE type = 'question' AND (has_person(before, asked) OR has_person(after, asked));
        GET DIAGNOSTICS more = ROW_COUNT;
        n := n + more;
    END LOOP;
    PERFORM set_config('livehub.audit_door', '', true);
    RETURN n;
END
$$;

-- Who asked to be forgotten, and the proof that it was done. `person` until it was done and looked after; then nobody can tell whose
-- it was but who has its id, which is told to them alone.
CREATE TABLE erasures (
    id        text   PRIMARY KEY,
    person    text,
    also      text[] NOT NULL DEFAULT '{}',      -- what they were called before, as guests: looked up before it is erased itself
    stand_in  text   NOT NULL,                   -- what stands in place of their id where rows are kept without them
    asked_ts  bigint NOT NULL,                   -- Unix ms, here and below
    due_ts    bigint NOT NULL,                   -- not before: until then it can be taken back
    done_ts   bigint,                            -- of the first time through
    swept_ts  bigint,                            -- of the second, after their last token
    rows      jsonb  NOT NULL DEFAULT '{}'       -- how many, by table
);
CREATE UNIQUE INDEX erasures_person ON erasures (person) WHERE person IS NOT NULL;

-- --- export ---

-- What was made for a person who wanted their data: a ZIP, for some days.
CREATE TABLE exports (
    id        text    PRIMARY KEY,               -- 192 random bits: whoever would guess it must be signed in as that person, too
    person    text    NOT NULL,
    asked_ts  bigint  NOT NULL,
    made_ts   bigint,                            -- null: it is being made
    ends_ts   bigint,                            -- from then on it is gone
    bytes     bigint,
    sha256    bytea,
    zip       bytea
);
ALTER TABLE exports ALTER COLUMN zip SET STORAGE EXTERNAL;  -- it is compressed
CREATE INDEX exports_person ON exports (person, asked_ts DESC);
CREATE INDEX exports_ends ON exports (ends_ts);

-- --- addresses ---

CREATE TABLE addresses (
    id          text             PRIMARY KEY,
    person      text             NOT NULL,
    name        text             NOT NULL,
    phone       text             NOT NULL,       -- E.164
    region      text             NOT NULL,       -- GB/T 2260, six digits, or ''
    line        text             NOT NULL,
    lat         double precision NOT NULL CHECK (lat BETWEEN -90 AND 90),
    lon         double precision NOT NULL CHECK (lon BETWEEN -180 AND 180),
    datum       text             NOT NULL CHECK (datum IN ('wgs84', 'gcj02', 'bd09')),  -- of lat and lon, as they were given
    wgs84_lat   double precision NOT NULL,       -- the same place, for our own use
    wgs84_lon   double precision NOT NULL,
    is_default  boolean          NOT NULL,
    created_ts  bigint           NOT NULL,
    changed_ts  bigint           NOT NULL
);
CREATE INDEX addresses_person ON addresses (person, created_ts);
CREATE UNIQUE INDEX addresses_default ON addresses (person) WHERE is_default;

-- --- consent ---

-- What somebody agreed to, or no longer does: the last one of a purpose holds. Append-only.
CREATE TABLE consents (
    id       bigint  GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    person   text    NOT NULL,                   -- of a guest, the id of their device
    purpose  text    NOT NULL,
    granted  boolean NOT NULL,
    version  text    NOT NULL,                   -- of the policy that was shown
    ts       bigint  NOT NULL,
    place    text    NOT NULL                    -- where it was said: account, sign-in, banner ...
);
CREATE INDEX consents_person ON consents (person, purpose, ts DESC, id DESC);
CREATE TRIGGER consents_stay BEFORE UPDATE ON consents FOR EACH ROW EXECUTE FUNCTION refuse_to_rewrite();
