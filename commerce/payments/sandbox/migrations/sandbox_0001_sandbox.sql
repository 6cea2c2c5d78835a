-- The books of a payment provider that lives in the house. It knows of us what a provider knows, and nothing here refers to our tables.
-- All times are Unix ms of real time.
CREATE TABLE sandbox_payments (
    id            text   PRIMARY KEY,                    -- the shop's id of it
    amount_minor  bigint NOT NULL,
    currency      text   NOT NULL,
    description   text   NOT NULL,
    state         text   NOT NULL CHECK (state IN ('open', 'paid', 'failed', 'closed')),
    ref           text,                                  -- its first capture
    notify_url    text   NOT NULL,
    return_url    text   NOT NULL,
    refunds       text   NOT NULL DEFAULT 'now' CHECK (refunds IN ('now', 'later', 'fail')),  -- how it answers those who ask for one
    created_ms    bigint NOT NULL,
    closes_ms     bigint NOT NULL
);

-- Money that came in.
CREATE TABLE sandbox_captures (
    ref           text   PRIMARY KEY,
    payment       text   NOT NULL REFERENCES sandbox_payments (id),
    amount_minor  bigint NOT NULL,
    currency      text   NOT NULL,
    at_ms         bigint NOT NULL
);
CREATE INDEX sandbox_captures_payment ON sandbox_captures (payment);
CREATE INDEX sandbox_captures_at ON sandbox_captures (at_ms);

CREATE TABLE sandbox_refunds (
    id            text   PRIMARY KEY,                    -- the shop's number of it
    payment       text   NOT NULL REFERENCES sandbox_payments (id),
    capture       text   NOT NULL REFERENCES sandbox_captures (ref),
    amount_minor  bigint NOT NULL CHECK (amount_minor > 0),
    currency      text   NOT NULL,
    state         text   NOT NULL CHECK (state IN ('processing', 'paid', 'failed')),
    ref           text   NOT NULL,
    created_ms    bigint NOT NULL,
    ended_ms      bigint
);
CREATE INDEX sandbox_refunds_payment ON sandbox_refunds (payment);
CREATE INDEX sandbox_refunds_ended ON sandbox_refunds (ended_ms);

-- What the shop is still to be told, and when next.
CREATE TABLE sandbox_notices (
    id            text   PRIMARY KEY,
    payment       text   NOT NULL REFERENCES sandbox_payments (id),
    notify_url    text   NOT NULL,
    body          text   NOT NULL,                       -- as it is sent, again and again
    due_ms        bigint NOT NULL,
    tries         integer NOT NULL DEFAULT 0,
    told_ms       bigint,                                -- acknowledged
    last_status   integer                                -- of the answer to the last try; NULL: there was none
);
CREATE INDEX sandbox_notices_due ON sandbox_notices (due_ms) WHERE told_ms IS NULL;
CREATE INDEX sandbox_notices_payment ON sandbox_notices (payment);
