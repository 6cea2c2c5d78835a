-- What a buyer says is wrong with an order, and what the staff decide. Times are Unix ms of business time. Whoever changes a case
-- holds its row; the rows of payments and orders come after it.
CREATE TABLE cases (
    id             text    PRIMARY KEY,
    order_id       text    NOT NULL REFERENCES orders (id),
    person         text    NOT NULL,
    kind           text    NOT NULL CHECK (kind IN ('refund', 'replacement')),
    reason         text    NOT NULL CHECK (reason IN ('spoiled', 'underweight', 'missing', 'undelivered', 'other')),
    text           text    NOT NULL,
    state          text    NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'decided', 'closed', 'withdrawn')),
    opened_ms      bigint  NOT NULL,
    due_ms         bigint  NOT NULL,                     -- until then it is to be decided
    seen_ms        bigint,
    seen_by        text,
    decision       text    CHECK (decision IN ('refund', 'replace', 'gift', 'reject')),
    decided_ms     bigint,
    decided_by     text,
    note           text    NOT NULL DEFAULT '',          -- of the decision, for the buyer
    refund         text    REFERENCES refunds (id),
    appeal         text    NOT NULL DEFAULT '',
    appealed_ms    bigint,                               -- once
    ended_ms       bigint,
    version        integer NOT NULL DEFAULT 1,
    CHECK (state NOT IN ('decided', 'closed') OR decision IS NOT NULL),
    CHECK ((state IN ('closed', 'withdrawn')) = (ended_ms IS NOT NULL))
);
CREATE INDEX cases_open ON cases (due_ms, id) WHERE state = 'open';
CREATE INDEX cases_decided ON cases (decided_ms) WHERE state = 'decided';
CREATE INDEX cases_opened ON cases (opened_ms DESC, id DESC);
CREATE INDEX cases_person ON cases (person, id DESC);
CREATE INDEX cases_order ON cases (order_id);
CREATE INDEX cases_refund ON cases (refund) WHERE refund IS NOT NULL;

-- A unit is in one open case at most. The first unit of a line is 0.
CREATE TABLE case_lines (
    case_id  text    NOT NULL REFERENCES cases (id),
    line     text    NOT NULL REFERENCES order_lines (id),
    unit     integer NOT NULL CHECK (unit >= 0),
    is_open  boolean NOT NULL DEFAULT true,
    PRIMARY KEY (case_id, line, unit)
);
CREATE UNIQUE INDEX case_lines_once ON case_lines (line, unit) WHERE is_open;

CREATE TABLE case_photos (
    case_id   text     NOT NULL REFERENCES cases (id),
    position  smallint NOT NULL,
    picture   text     NOT NULL,                         -- the address of an upload
    PRIMARY KEY (case_id, position)
);

-- The time line.
CREATE TABLE case_steps (
    id       bigint GENERATED ALWAYS AS IDENTITY,
    case_id  text   NOT NULL REFERENCES cases (id),
    at_ms    bigint NOT NULL,
    step     text   NOT NULL,                            -- open, see, decide, appeal, refund_rejected, withdraw, close
    by       text,                                       -- NULL: by itself
    decision text,
    PRIMARY KEY (case_id, id)
);

-- Invoices that buyers ask for. Issuing is done with the tax office's own program, out of the exported list; what came of it is said here.
CREATE TABLE fapiao (
    id            text    PRIMARY KEY,
    order_id      text    NOT NULL REFERENCES orders (id),
    person        text    NOT NULL,
    kind          text    NOT NULL CHECK (kind IN ('personal', 'company')),
    title         text    NOT NULL,
    tax_number    text    CHECK (tax_number ~ '^[0-9A-HJ-NP-RTUW-Y]{18}$'),
    email         text    NOT NULL,
    amount_minor  bigint  NOT NULL CHECK (amount_minor > 0),
    currency      text    NOT NULL,
    state         text    NOT NULL DEFAULT 'requested' CHECK (state IN ('requested', 'issued', 'rejected')),
    asked_ms      bigint  NOT NULL,
    decided_ms    bigint,
    decided_by    text,
    number        text,                                  -- of the invoice
    note          text    NOT NULL DEFAULT '',
    CHECK ((kind = 'company') = (tax_number IS NOT NULL)),
    CHECK ((state = 'requested') = (decided_ms IS NULL))
);
CREATE UNIQUE INDEX fapiao_once ON fapiao (order_id) WHERE state <> 'rejected';
CREATE INDEX fapiao_asked ON fapiao (asked_ms DESC, id DESC);
CREATE INDEX fapiao_person ON fapiao (person);
