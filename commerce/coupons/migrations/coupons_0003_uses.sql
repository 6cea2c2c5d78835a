-- What became of a person's coupon in an order: locked while that is unpaid, used once it is paid, back in the wallet when it is
-- cancelled or refunded whole. A row that is back stays, so that late money finds what its order had. Times are Unix ms of business
-- time.
CREATE TABLE coupon_uses (
    order_id       text    NOT NULL,
    coupon         text    NOT NULL REFERENCES coupons (id),
    person         text    NOT NULL,
    state          text    NOT NULL CHECK (state IN ('locked', 'used', 'back')),
    is_new_buyers  boolean NOT NULL,                        -- of a coupon for who has paid no order yet
    locked_ms      bigint  NOT NULL,
    PRIMARY KEY (order_id, coupon)
);
-- One person's coupon is in one order at most: the fence behind every lock.
CREATE UNIQUE INDEX coupon_uses_once ON coupon_uses (person, coupon) WHERE state <> 'back';
CREATE INDEX coupon_uses_used ON coupon_uses (coupon) WHERE state = 'used';  -- to count them
CREATE INDEX coupon_uses_person ON coupon_uses (person, locked_ms);

-- Whom a coupon with the audience `people` is for.
CREATE TABLE coupon_people (
    coupon  text NOT NULL REFERENCES coupons (id),
    person  text NOT NULL,
    PRIMARY KEY (coupon, person)
);
CREATE INDEX coupon_people_person ON coupon_people (person);
