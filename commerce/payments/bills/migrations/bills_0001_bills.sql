-- Lines of providers' bills, as they say; each once. `id`: ours where the line names it, else theirs. Times are real.
CREATE TABLE bill_rows (
    provider      text   NOT NULL,
    kind          text   NOT NULL CHECK (kind IN ('payment', 'refund')),
    id            text   NOT NULL,
    ref           text,
    amount_minor  bigint NOT NULL CHECK (amount_minor >= 0),
    currency      text   NOT NULL,
    fee_minor     bigint NOT NULL,                        -- less than 0: the provider gives it back
    at_ms         bigint NOT NULL,
    day           date   NOT NULL,                        -- whose bill it is of, in the provider's time zone
    PRIMARY KEY (provider, kind, id)
);
CREATE INDEX bill_rows_day ON bill_rows (provider, day);

-- How far each day's bill has come. A day is fetched when all of its bill has been read.
CREATE TABLE bill_days (
    provider         text    NOT NULL,
    day              date    NOT NULL,
    tries            integer NOT NULL DEFAULT 0,
    rows             bigint,
    fetched_real_ms  bigint,                              -- NULL: not yet
    fault            text,                                -- of the last try
    PRIMARY KEY (provider, day),
    CHECK ((fetched_real_ms IS NULL) = (rows IS NULL))
);
