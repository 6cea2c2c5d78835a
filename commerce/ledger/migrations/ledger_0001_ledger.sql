-- Double entry. Positive amounts are debits, negative ones credits, in minor units of the transfer's currency. Nothing here is ever
-- changed or taken away. No account has a running balance: it would be a row on which all payments wait for each other; what is on an
-- account is the sum of the closed days and of the entries since.
CREATE TABLE ledger_accounts (
    name  text PRIMARY KEY,
    kind  text NOT NULL CHECK (kind IN ('asset', 'liability', 'income', 'expense'))
);
INSERT INTO ledger_accounts (name, kind) VALUES
    ('buyer_prepayments', 'liability'),
    ('refunds_payable', 'liability'),
    ('revenue:goods', 'income'),
    ('revenue:delivery', 'income'),
    ('discounts', 'income'),      -- what takes away from it
    ('provider_fees', 'expense');

-- entries: how many it has; so none can be added later. booked_ms: at_ms, or, for what comes when that day is closed already, the
-- first moment after it.
CREATE TABLE ledger_transfers (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    key        text   NOT NULL UNIQUE,
    what       text   NOT NULL,
    order_id   text,
    currency   text   NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    at_ms      bigint NOT NULL,
    booked_ms  bigint NOT NULL CHECK (booked_ms >= at_ms),
    entries    smallint NOT NULL CHECK (entries >= 2)
);
CREATE INDEX ledger_transfers_order ON ledger_transfers (order_id) WHERE order_id IS NOT NULL;
CREATE INDEX ledger_transfers_booked ON ledger_transfers (booked_ms);

CREATE TABLE ledger_entries (
    transfer      bigint   NOT NULL REFERENCES ledger_transfers (id),
    place         smallint NOT NULL,
    account       text     NOT NULL,  -- of ledger_accounts, see ledger_entries_accounts
    amount_minor  bigint   NOT NULL CHECK (amount_minor <> 0),
    PRIMARY KEY (transfer, place)
);

-- Days that are closed: [from_ms, until_ms), one after the other without a gap, and what moved in them.
CREATE TABLE ledger_days (
    day       date   PRIMARY KEY,
    from_ms   bigint NOT NULL UNIQUE,
    until_ms  bigint NOT NULL UNIQUE CHECK (until_ms > from_ms)
);
CREATE TABLE ledger_closings (
    day           date   NOT NULL REFERENCES ledger_days (day),
    account       text   NOT NULL REFERENCES ledger_accounts (name),
    currency      text   NOT NULL,
    debit_minor   numeric NOT NULL CHECK (debit_minor >= 0),
    credit_minor  numeric NOT NULL CHECK (credit_minor >= 0),
    entries       bigint NOT NULL CHECK (entries > 0),
    PRIMARY KEY (day, account, currency)
);

-- The first moment that is not closed, 0 while nothing is. Whoever has asked keeps days from being closed until the end of their
-- transaction (close_day takes the same lock alone); the look at ledger_days comes after the lock, in a snapshot of its own.
CREATE FUNCTION ledger_open_from() RETURNS bigint LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    PERFORM pg_advisory_xact_lock_shared(hashtext('livehub ledger days'));
    RETURN (SELECT coalesce(max(until_ms), 0) FROM ledger_days);
END
$$;

-- Checked at the commit: a transfer has just its entries, and they sum to 0.
CREATE FUNCTION ledger_check_transfer(of bigint) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    total     numeric;
    many      bigint;
    declared  smallint;
BEGIN
    SELECT sum(amount_minor), count(*) INTO total, many FROM ledger_entries WHERE transfer = of;
    SELECT entries INTO declared FROM ledger_transfers WHERE id = of;
    IF many <> declared OR total <> 0 THEN
        RAISE EXCEPTION 'ledger: transfer % of % entries has %, and they sum to %', of, declared, many, coalesce(total, 0)
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ledger_balanced';
    END IF;
END
$$;
CREATE FUNCTION ledger_check_new_transfer() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM ledger_check_transfer(NEW.id);
    RETURN NULL;
END
$$;
CREATE FUNCTION ledger_check_new_entry() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM ledger_check_transfer(NEW.transfer);
    RETURN NULL;
END
$$;
CREATE CONSTRAINT TRIGGER ledger_balanced AFTER INSERT ON ledger_transfers
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION ledger_check_new_transfer();
CREATE CONSTRAINT TRIGGER ledger_balanced AFTER INSERT ON ledger_entries
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION ledger_check_new_entry();

-- Entries are on known accounts. A foreign key would lock the row of an account for each entry, and all payments use the same few;
-- since no account ever goes away, a look is enough. Those of providers are there from their first entry on.
CREATE FUNCTION ledger_check_accounts() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    unknown  text;
BEGIN
    FOR unknown IN
        SELECT DISTINCT e.account FROM entered e WHERE NOT EXISTS (SELECT FROM ledger_accounts a WHERE a.name = e.account)
    LOOP
        IF unknown !~ '^(clearing|suspense):[a-z][a-z0-9_-]*$' THEN
            RAISE EXCEPTION 'ledger: there is no account %', unknown
                USING ERRCODE = 'foreign_key_violation', CONSTRAINT = 'ledger_entries_accounts';
        END IF;
        INSERT INTO ledger_accounts (name, kind) VALUES (unknown, CASE WHEN unknown LIKE 'clearing:%' THEN 'asset' ELSE 'liability' END)
        ON CONFLICT (name) DO NOTHING;
    END LOOP;
    RETURN NULL;
END
$$;
CREATE TRIGGER ledger_entries_accounts AFTER INSERT ON ledger_entries
    REFERENCING NEW TABLE AS entered FOR EACH STATEMENT EXECUTE FUNCTION ledger_check_accounts();

-- Append-only.
CREATE FUNCTION refuse_to_rewrite_ledger() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the ledger is append-only' USING ERRCODE = 'insufficient_privilege';
END
$$;
CREATE TRIGGER ledger_accounts_stay BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_accounts
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_to_rewrite_ledger();
CREATE TRIGGER ledger_transfers_stay BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_transfers
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_to_rewrite_ledger();
CREATE TRIGGER ledger_entries_stay BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_entries
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_to_rewrite_ledger();
CREATE TRIGGER ledger_days_stay BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_days
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_to_rewrite_ledger();
CREATE TRIGGER ledger_closings_stay BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_closings
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_to_rewrite_ledger();
