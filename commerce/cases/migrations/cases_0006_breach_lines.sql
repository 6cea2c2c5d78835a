-- Breaches, with the policy that held. `reach`: batches whose orders may have goods of `batches` (livehub/people/food_batches.py).
-- All times are Unix ms of business time.
CREATE TABLE breaches (
    id            text    PRIMARY KEY,
    shipment      text    NOT NULL,
    batches       text[]  NOT NULL,
    reach         text[]  NOT NULL,
    since_ms      bigint  NOT NULL,
    at_ms         bigint  NOT NULL,
    celsius       double precision,
    offer         text    NOT NULL CHECK (offer IN ('none', 'coupon', 'replacement', 'refund')),
    amount_minor  bigint,
    currency      text,
    days          integer NOT NULL,
    heard_ms      bigint  NOT NULL,
    corrected_ms  bigint                                -- it turned out to be none
);
CREATE INDEX breaches_reach ON breaches USING gin (reach) WHERE corrected_ms IS NULL;

-- What breaches were about: `units` of a line. A line has one row for each shipment, however often the cold chain broke around it:
-- its buyer is told of it, and offered something for it, once.
CREATE TABLE breach_lines (
    order_line  text    NOT NULL REFERENCES order_lines (id),
    shipment    text    NOT NULL,
    breach      text    NOT NULL,
    order_id    text    NOT NULL REFERENCES orders (id),
    units       bigint  NOT NULL CHECK (units > 0),
    PRIMARY KEY (order_line, shipment)
);
CREATE INDEX breach_lines_order ON breach_lines (order_id, breach);
INSERT INTO breach_lines (order_line, shipment, breach, order_id, units)
SELECT l.id, b.shipment, b.breach, b.order_id, l.qty FROM breach_orders b CROSS JOIN unnest(b.lines) AS x (id) JOIN order_lines l ON l.id = x.id;

-- One row for each order and breach: of another product in the same van its buyers hear, too. `told_ms`: NULL until they were.
-- `offer`: what they were told they get. `is_open`: they are still to get it. Entries are the log's, which knows the order by its
-- commitment alone.
ALTER TABLE breach_orders
    DROP CONSTRAINT breach_orders_pkey,
    ADD PRIMARY KEY (order_id, breach),
    ALTER COLUMN told_ms DROP NOT NULL,
    ADD COLUMN is_open     boolean NOT NULL DEFAULT false,
    ADD COLUMN given       text    CHECK (given IN ('coupon', 'case')),
    ADD COLUMN case_id     text    REFERENCES cases (id),
    ADD COLUMN offered_ms  bigint,
    ADD COLUMN commitment  text,
    ADD COLUMN flag_entry  bigint,
    ADD COLUMN offer_entry bigint;
DROP INDEX breach_orders_breach;
CREATE INDEX breach_orders_breach ON breach_orders (breach, order_id);
CREATE INDEX breach_orders_owed ON breach_orders (breach, order_id) WHERE is_open OR told_ms IS NULL;
