-- Who may not sign in, and why. It stands until it is over or lifted.
CREATE TABLE blocked_people (
    id         text    PRIMARY KEY,
    person     text,                              -- somebody with or without a row in `people`
    shown      text    NOT NULL,                  -- what staff see of whom it is about: a name, a masked number
    reason     text    NOT NULL,
    by_id      text    NOT NULL,
    by_name    text    NOT NULL,
    ts         bigint  NOT NULL,                  -- Unix milliseconds, here and below; real time
    until_ts   bigint,                            -- null: for good
    lifted_ts  bigint,
    lifted_by  text
);
CREATE INDEX blocked_people_standing ON blocked_people (ts DESC, id DESC) WHERE lifted_ts IS NULL;

-- What they are known by: the id of a person, the HMAC of a phone number or of a device's mark. Never the number itself.
CREATE TABLE blocked_marks (
    block  text  NOT NULL REFERENCES blocked_people (id),
    kind   text  NOT NULL CHECK (kind IN ('person', 'phone', 'device')),
    mark   text  NOT NULL CHECK (length(mark) BETWEEN 1 AND 255),
    PRIMARY KEY (kind, mark, block)
);
CREATE INDEX blocked_marks_block ON blocked_marks (block);
