CREATE TABLE products (
    id                text PRIMARY KEY,
    farm              text   NOT NULL,
    title             text   NOT NULL,
    subtitle          text   NOT NULL DEFAULT '',
    image             text,
    price_minor       bigint NOT NULL CHECK (price_minor >= 0),
    list_price_minor  bigint CHECK (list_price_minor >= price_minor),
    currency          text   NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    unit              text   NOT NULL DEFAULT '',
    created_at        timestamptz NOT NULL DEFAULT now()
);

-- taken <= total always, here and by the row lock that every claim holds (commerce/coupons/coupons.sql).
CREATE TABLE coupons (
    id          text PRIMARY KEY,
    room        text    NOT NULL REFERENCES rooms (id),
    card        jsonb   NOT NULL,                 -- livehub.room.shown.CouponCard
    total       integer NOT NULL CHECK (total > 0),
    taken       integer NOT NULL DEFAULT 0 CHECK (taken BETWEEN 0 AND total),
    ends_ts     bigint,
    ended       boolean NOT NULL DEFAULT false,
    prize       boolean NOT NULL DEFAULT false,   -- given to winners only, never claimed
    created_at  timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE coupon_claims (
    coupon      text   NOT NULL REFERENCES coupons (id),
    user_id     text   NOT NULL,
    claimed_ts  bigint NOT NULL,
    PRIMARY KEY (coupon, user_id)
);
CREATE INDEX coupon_claims_user ON coupon_claims (user_id, claimed_ts DESC);
