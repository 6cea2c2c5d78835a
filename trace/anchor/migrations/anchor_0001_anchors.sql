-- A checkpoint at an anchor. Of one anchor one is under way at a time; those that a reorganisation took back (`fallbacks`) may be
-- under way beside it. `published_ms`: when the log published it; `block_ms`: since when the anchor has it, by its own word.
-- Times are real ones, Unix ms.
CREATE TABLE anchorings (
    id              bigint  GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    anchor          text    NOT NULL,
    kind            text    NOT NULL,
    chain           text    NOT NULL,
    is_development  boolean NOT NULL,
    origin          text    NOT NULL,
    size            bigint  NOT NULL CHECK (size > 0),
    root            bytea   NOT NULL CHECK (octet_length(root) = 32),
    note            bytea   NOT NULL,
    published_ms    bigint  NOT NULL,
    state           text    NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'sent', 'confirmed', 'abandoned')),
    nonce           bigint,
    tx              text,
    block           bigint,
    block_hash      text    NOT NULL DEFAULT '',
    block_ms        bigint,
    depth           bigint  NOT NULL DEFAULT 0,
    proof           bytea,
    fallbacks       integer NOT NULL DEFAULT 0,
    begun_ms        bigint  NOT NULL,
    confirmed_ms    bigint,
    CHECK (state <> 'confirmed' OR (tx IS NOT NULL AND confirmed_ms IS NOT NULL))
);
CREATE UNIQUE INDEX anchorings_one_under_way ON anchorings (anchor) WHERE state IN ('pending', 'sent') AND fallbacks = 0;
CREATE INDEX anchorings_open ON anchorings (anchor) WHERE state IN ('pending', 'sent');
CREATE INDEX anchorings_confirmed ON anchorings (anchor, size) WHERE state = 'confirmed';

-- What was sent for it, written before it was sent: whoever is killed in between sends the same again.
CREATE TABLE anchor_attempts (
    anchoring  bigint NOT NULL REFERENCES anchorings (id),
    ref        text   NOT NULL,
    raw        bytea  NOT NULL,
    nonce      bigint,
    fee_wei    bigint NOT NULL,
    tip_wei    bigint NOT NULL,
    at_ms      bigint NOT NULL,
    PRIMARY KEY (anchoring, ref)
);

-- How each anchor is, as whoever leads saw it last. `failing_since_ms`: null while it answers.
CREATE TABLE anchor_health (
    anchor            text    PRIMARY KEY,
    kind              text    NOT NULL,
    chain             text    NOT NULL,
    is_development    boolean NOT NULL,
    looked_ms         bigint  NOT NULL,
    failing_since_ms  bigint,
    reason            text    NOT NULL DEFAULT ''
);
