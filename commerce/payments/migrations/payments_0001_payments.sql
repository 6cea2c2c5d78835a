-- Attempts to pay an order, of which it may have many; what one of them brought in is never more or less than its amount.
-- Times are Unix ms of business time, but for `*_real_ms`. Whoever changes a row holds it; many are locked in the order of their ids.
CREATE TABLE payments (
    id                text   PRIMARY KEY,
    order_id          text   NOT NULL,
    person            text   NOT NULL,
    provider          text   NOT NULL,
    key               text   NOT NULL,                   -- the buyer's Idempotency-Key, for ever
    fingerprint       bytea  NOT NULL,                   -- of what was asked under it
    state             text   NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'paid', 'failed', 'closed')),
    amount_minor      bigint NOT NULL CHECK (amount_minor > 0),
    currency          text   NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    description       text   NOT NULL,
    return_path       text   NOT NULL,
    ref               text,                              -- the provider's own number of it
    how               text   CHECK (how IN ('url', 'jsapi', 'qr')),  -- NULL: the provider has not answered yet
    url               text,
    params            jsonb,
    created_ms        bigint NOT NULL,
    closes_ms         bigint NOT NULL,
    paid_ms           bigint,
    ended_ms          bigint,                            -- when it failed or was closed
    paid_real_ms      bigint,                            -- when the money came in, as the provider says
    tries             integer NOT NULL DEFAULT 0,        -- how often the provider was asked what became of it
    next_try_real_ms  bigint NOT NULL,
    refunding_minor   bigint NOT NULL DEFAULT 0,         -- the sum of its refunds that have not failed; see count_refund()
    UNIQUE (person, key),
    CHECK ((state = 'paid') = (paid_ms IS NOT NULL)),
    CHECK (refunding_minor BETWEEN 0 AND CASE WHEN state = 'paid' THEN amount_minor ELSE 0 END)
);
CREATE INDEX payments_order ON payments (order_id);
CREATE INDEX payments_due ON payments (next_try_real_ms) WHERE state = 'open';
CREATE INDEX payments_paid ON payments (provider, paid_real_ms) WHERE state = 'paid';

-- What providers have told us, each once. `delivery` tells one delivery of a notice from another of the same.
CREATE TABLE payment_notices (
    provider          text   NOT NULL,
    id                text   NOT NULL,
    delivery          text   NOT NULL,
    about             text   NOT NULL,                   -- a payment or a refund, known to us or not
    received_real_ms  bigint NOT NULL,
    PRIMARY KEY (provider, id)
);
CREATE INDEX payment_notices_received ON payment_notices (received_real_ms);

-- What the staff have to look at: money that does not fit. `key`: the same finding again is the same row.
CREATE TABLE payment_findings (
    id            text   PRIMARY KEY,
    key           text   NOT NULL UNIQUE,
    kind          text   NOT NULL,
    provider      text   NOT NULL,
    payment       text,                                  -- as the provider names it: we may have none of that id
    refund        text,
    order_id      text,
    amount_minor  bigint,
    currency      text,
    details       jsonb  NOT NULL,
    found_ms      bigint NOT NULL,
    resolved_ms   bigint,
    resolved_by   text,
    note          text
);
CREATE INDEX payment_findings_open ON payment_findings (found_ms DESC, id DESC) WHERE resolved_ms IS NULL;
CREATE INDEX payment_findings_all ON payment_findings (found_ms DESC, id DESC);

-- Money on its way back. `id` is the number under which the provider knows it, from the first try on; `key` what it is for, once.
CREATE TABLE refunds (
    id                text   PRIMARY KEY,
    order_id          text   NOT NULL,
    payment           text   NOT NULL REFERENCES payments (id),
    kind              text   NOT NULL CHECK (kind IN ('lines', 'late', 'double', 'delivery', 'weight')),
    key               text   NOT NULL UNIQUE,
    amount_minor      bigint NOT NULL CHECK (amount_minor > 0),
    currency          text   NOT NULL,
    reason            text   NOT NULL,
    state             text   NOT NULL CHECK (state IN ('approval', 'processing', 'paid', 'failed')),
    asked_by          text,                              -- NULL: by itself
    approved_by       text,
    rejected_by       text,
    ref               text,
    created_ms        bigint NOT NULL,
    paid_ms           bigint,
    failed_ms         bigint,
    is_accepted       boolean NOT NULL DEFAULT false,    -- the provider has said that it has it
    tries             integer NOT NULL DEFAULT 0,
    next_try_real_ms  bigint NOT NULL,
    CHECK ((state = 'paid') = (paid_ms IS NOT NULL)),
    CHECK (approved_by IS DISTINCT FROM asked_by OR approved_by IS NULL)
);
CREATE INDEX refunds_order ON refunds (order_id);
CREATE INDEX refunds_payment ON refunds (payment);
CREATE INDEX refunds_due ON refunds (next_try_real_ms) WHERE state = 'processing';
CREATE INDEX refunds_created ON refunds (created_ms DESC, id DESC);

-- Keeps payments.refunding_minor, whose CHECK then refuses a refund of more than was paid, whoever writes it. It locks the payment's
-- row, so two refunds at once are one after the other.
CREATE FUNCTION count_refund() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    was_minor bigint := CASE WHEN TG_OP = 'UPDATE' AND OLD.state <> 'failed' THEN OLD.amount_minor ELSE 0 END;
    is_minor  bigint := CASE WHEN NEW.state <> 'failed' THEN NEW.amount_minor ELSE 0 END;
BEGIN
    IF TG_OP = 'UPDATE' AND (NEW.payment, NEW.amount_minor, NEW.currency, NEW.key)
            IS DISTINCT FROM (OLD.payment, OLD.amount_minor, OLD.currency, OLD.key) THEN
        RAISE EXCEPTION 'a refund stays what it is: %', OLD.id;
    END IF;
    IF is_minor <> was_minor THEN
        UPDATE payments SET refunding_minor = refunding_minor + is_minor - was_minor WHERE id = NEW.payment;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER refunds_counted AFTER INSERT OR UPDATE ON refunds FOR EACH ROW EXECUTE FUNCTION count_refund();
CREATE FUNCTION refuse_refund_removal() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'refunds are kept: %', OLD.id;
END $$;
CREATE TRIGGER refunds_kept BEFORE DELETE ON refunds FOR EACH ROW EXECUTE FUNCTION refuse_refund_removal();
