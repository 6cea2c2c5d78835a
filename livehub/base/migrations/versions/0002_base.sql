-- Facts that other floors react to; written in the transaction that makes them true (livehub/base/outbox.py).
CREATE TABLE outbox (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    type        text        NOT NULL,
    payload     jsonb       NOT NULL,
    created_at  timestamptz NOT NULL DEFAULT now()
);

-- The answer given to a POST with an Idempotency-Key, in the transaction of its effect (livehub/base/idempotency.py).
CREATE TABLE idempotency_keys (
    scope        text        NOT NULL,  -- who asked
    key          text        NOT NULL,
    fingerprint  bytea       NOT NULL,  -- SHA-256 of method, path and body
    status       integer,
    body         text,
    created_at   timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (scope, key)
);
CREATE INDEX idempotency_keys_created_at ON idempotency_keys (created_at);
