-- Facts that other packages react to, written in the transaction that makes them true (livehub/base/events.py).
-- `position` is null until the transaction has committed and the sequencer has seen it; see sequence_domain_events.
CREATE TABLE domain_events (
    id          bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    xid         xid8        NOT NULL DEFAULT pg_current_xact_id(),
    type        text        NOT NULL,
    key         text,                    -- events of one key are reacted to in order: an order, a room, a person
    payload     json        NOT NULL,    -- as it was written: it is never searched
    created_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    position    bigint
);
CREATE UNIQUE INDEX domain_events_position ON domain_events (type, position) WHERE position IS NOT NULL;
CREATE INDEX domain_events_unsequenced ON domain_events (xid) WHERE position IS NULL;
CREATE INDEX domain_events_created_at ON domain_events USING brin (created_at);

-- The last position given. All events of transactions below `settled` have theirs.
CREATE TABLE event_head (
    single    boolean PRIMARY KEY DEFAULT true CHECK (single),
    position  bigint  NOT NULL DEFAULT 0,
    settled   xid8    NOT NULL DEFAULT '0'
);
INSERT INTO event_head DEFAULT VALUES;

-- How far each subscription has read each of its types: everything up to `position` has been reacted to, or is parked.
CREATE TABLE event_cursors (
    subscription   text        NOT NULL,
    type           text        NOT NULL,
    begins         text        NOT NULL CHECK (begins IN ('start', 'now')),
    position       bigint      NOT NULL,
    registered_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    seen_at        timestamptz NOT NULL DEFAULT clock_timestamp(),  -- when a process last said that it runs it
    PRIMARY KEY (subscription, type)
) WITH (fillfactor = 50);

-- Events to which a reaction failed, and those of the same key that wait behind them. The reference keeps the event.
CREATE TABLE parked_events (
    id            bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    subscription  text        NOT NULL,
    event         bigint      NOT NULL REFERENCES domain_events (id),
    type          text        NOT NULL,
    key           text,
    position      bigint      NOT NULL,
    error         text,                     -- null: it waits behind an earlier one of its key
    tries         integer     NOT NULL DEFAULT 0,
    parked_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
    next_try_at   timestamptz,              -- null: after the earlier ones of its key
    UNIQUE (event, subscription)
);
CREATE INDEX parked_events_key ON parked_events (subscription, key, position);
CREATE INDEX parked_events_due ON parked_events (subscription, next_try_at) WHERE next_try_at IS NOT NULL;

-- Give positions to events whose transactions have committed, at most `most`; how many got one, or null when another
-- process is doing it. Why not simply order by xid: a transaction gets its xid at its first write, which may be long before
-- it takes the lock that orders it after another of the same room. `id` is taken by the INSERT, so that of two events of
-- which one was committed before the other was written, the first has the smaller id; and it is never sequenced later.
-- Each statement has a snapshot of its own: the second one sees all that was sequenced before the lock was had.
CREATE FUNCTION sequence_domain_events(most integer) RETURNS integer LANGUAGE plpgsql SET enable_seqscan = off AS $$
DECLARE
    head event_head;
    given integer;
BEGIN
    IF NOT EXISTS (SELECT FROM domain_events WHERE position IS NULL AND xid >= (SELECT settled FROM event_head)) THEN
        RETURN 0;
    END IF;
    -- Nothing that a crash could keep depends on a position that it loses: what is committed after it is flushed after it.
    PERFORM set_config('synchronous_commit', 'off', true);
    SELECT * INTO head FROM event_head FOR UPDATE SKIP LOCKED;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    WITH unsequenced AS MATERIALIZED (
        SELECT id FROM domain_events WHERE position IS NULL AND xid >= head.settled
    ), first AS (
        SELECT id, row_number() OVER (ORDER BY id) AS number FROM unsequenced ORDER BY id LIMIT most
    ), sequenced AS (
        UPDATE domain_events e SET position = head.position + first.number FROM first WHERE e.id = first.id RETURNING true
    ), counted AS (
        SELECT count(*)::integer AS number FROM sequenced
    ), moved AS (
        UPDATE event_head SET
            position = head.position + counted.number,
            settled = CASE WHEN counted.number < most THEN pg_snapshot_xmin(pg_current_snapshot()) ELSE head.settled END
        FROM counted WHERE counted.number > 0
    )
    SELECT number INTO given FROM counted;
    RETURN given;
END
$$;

-- Of the outbox, what has not been dispatched yet, and what a reaction has not been done to: each type had one reaction.
CREATE TEMPORARY TABLE moving ON COMMIT DROP AS
SELECT j.id AS job, (j.args->>'event')::bigint AS event, j.args->'payload' AS payload FROM procrastinate_jobs j
WHERE j.task_name IN ('outbox.dispatch', 'quiz.award', 'coupon.withdraw') AND j.status IN ('todo', 'doing', 'failed');
INSERT INTO domain_events (type, key, payload)
SELECT payload->>'event', payload->>'room', payload::json FROM (
    SELECT m.event, coalesce(o.payload, m.payload) AS payload
    FROM (SELECT event, max(payload::text)::jsonb AS payload FROM moving GROUP BY event) m LEFT JOIN outbox o ON o.id = m.event
) AS waiting
WHERE payload IS NOT NULL ORDER BY event;
DELETE FROM procrastinate_jobs WHERE id IN (SELECT job FROM moving);

-- A process of the version before, running beside new ones, writes to the outbox still.
CREATE FUNCTION outbox_to_domain_events() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO domain_events (type, key, payload) VALUES (NEW.type, NEW.payload->>'room', NEW.payload::json);
    RETURN NULL;
END
$$;
CREATE TRIGGER outbox_to_domain_events AFTER INSERT ON outbox
FOR EACH ROW EXECUTE FUNCTION outbox_to_domain_events();
