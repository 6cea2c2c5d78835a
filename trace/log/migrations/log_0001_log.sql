-- What is to be in the log, written in the transaction that makes it true (trace/log/entries.py).
CREATE TABLE log_entries (
    id     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    xid    xid8   NOT NULL DEFAULT pg_current_xact_id(),
    entry  bytea  NOT NULL CHECK (octet_length(entry) <= 65535)
);
CREATE INDEX log_entries_xid ON log_entries (xid);

-- Which leaf of the tree an entry is: given once, after its transaction has committed, and never another. The tree and all its
-- tiles follow from these two tables, so that whoever makes them anew makes the same.
CREATE TABLE log_leaves (
    leaf   bigint PRIMARY KEY,
    entry  bigint NOT NULL UNIQUE REFERENCES log_entries (id)
);

-- The log, once it has begun. `epoch`: of who leads; a leader whose epoch is over can commit nothing. Of leaves below `size` the
-- tree has the root `root`, and this and nothing else has been signed for that size: `note`. Of `published` leaves everybody can
-- read the checkpoint. Entries of transactions that the snapshot `settled` saw have their leaf.
CREATE TABLE log_head (
    single   boolean PRIMARY KEY DEFAULT true CHECK (single),
    origin   text    NOT NULL,
    vkey     text    NOT NULL,
    epoch    bigint  NOT NULL DEFAULT 0,
    leaves   bigint  NOT NULL DEFAULT 0,
    size     bigint  NOT NULL DEFAULT 0 CHECK (size <= leaves),
    root     bytea   NOT NULL CHECK (octet_length(root) = 32),
    note     bytea,
    at_ms    bigint  NOT NULL DEFAULT 0,
    published  bigint      NOT NULL DEFAULT 0,
    settled    pg_snapshot NOT NULL DEFAULT '1:1:'
);

-- As a witness: of each other log the newest checkpoint that was cosigned here (trace/log/witness.py).
CREATE TABLE log_witnessed (
    origin  text   PRIMARY KEY,
    size    bigint NOT NULL,
    root    bytea  NOT NULL CHECK (octet_length(root) = 32)
);

-- What makes a commitment in an entry readable (trace/log/commitments.py). Forgotten with the person.
CREATE TABLE log_salts (
    commitment  text  PRIMARY KEY,
    salt        bytea NOT NULL CHECK (octet_length(salt) = 32),
    person      text  NOT NULL
);
CREATE INDEX log_salts_person ON log_salts (person);
