-- A code on its way to a phone. It is counted by challenge, so that nobody locks out a number by guessing.
CREATE TABLE phone_codes (
    challenge   text    PRIMARY KEY,
    phone       text    NOT NULL,                 -- E.164
    purpose     text    NOT NULL,                 -- sign_in, add_phone: a code of one is none of the other
    asked_by    text    NOT NULL,                 -- the person or guest who asked; '' for a program without a token
    code_hmac   bytea   NOT NULL,                 -- of challenge, phone, purpose and code, with the key of the server
    network     bytea   NOT NULL,                 -- HMAC of the network it was asked from, for counting
    tries       integer NOT NULL DEFAULT 0,       -- wrong ones
    created_ts  bigint  NOT NULL,                 -- Unix milliseconds, real time
    ends_ts     bigint  NOT NULL,
    used_ts     bigint
);
CREATE INDEX phone_codes_phone ON phone_codes (phone, created_ts);
CREATE INDEX phone_codes_network ON phone_codes (network, created_ts);
CREATE INDEX phone_codes_time ON phone_codes (created_ts);

-- What `demo` shows instead of sending it. Nothing else writes here.
CREATE TABLE dev_codes (
    challenge   text    PRIMARY KEY,
    phone       text    NOT NULL,
    code        text    NOT NULL,
    created_ts  bigint  NOT NULL
);
CREATE INDEX dev_codes_phone ON dev_codes (phone, created_ts DESC);
