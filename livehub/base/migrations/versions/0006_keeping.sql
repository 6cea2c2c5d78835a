-- Which reactions to an event have been deferred: a dispatch that runs twice defers none twice. Goes with its event.
CREATE TABLE reactions (
    event  bigint NOT NULL REFERENCES outbox (id) ON DELETE CASCADE,
    task   text   NOT NULL,
    PRIMARY KEY (event, task)
);
INSERT INTO reactions (event, task)
SELECT DISTINCT (j.args->>'event')::bigint, j.task_name
FROM procrastinate_jobs j JOIN outbox o ON o.id = (j.args->>'event')::bigint
WHERE j.args ? 'event' AND j.args ? 'payload';
CREATE INDEX outbox_created_at ON outbox (created_at);

-- One more with every change of the word lists, so that a process sees that its own are old.
CREATE TABLE words_version (
    single   boolean PRIMARY KEY DEFAULT true CHECK (single),
    version  bigint  NOT NULL DEFAULT 0
);
INSERT INTO words_version DEFAULT VALUES;

-- For processes that look what the bus did not bring, and for housekeeping.
ALTER TABLE directs ADD COLUMN created_at timestamptz NOT NULL DEFAULT now();
CREATE INDEX directs_new ON directs (created_at) INCLUDE (id, user_id) WHERE read_at IS NULL;
CREATE INDEX directs_read ON directs (read_at) WHERE read_at IS NOT NULL;

-- Written in the order of time, pruned from its old end.
CREATE INDEX chats_ts ON chats USING brin (ts);
CREATE INDEX room_controls_ts ON room_controls USING brin (ts);
