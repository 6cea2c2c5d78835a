-- A picture. Its files are kept by its id, elsewhere; a row is there before they are, and goes after they are gone.
CREATE TABLE uploads (
    id           text    PRIMARY KEY CHECK (length(id) = 18),
    owner        text    NOT NULL,
    state        text    NOT NULL CHECK (state IN ('storing', 'stored', 'gone')), -- gone: its files are to be deleted
    sha256       bytea   NOT NULL CHECK (length(sha256) = 32),                    -- of the file as it came
    width        integer NOT NULL DEFAULT 0,                                      -- of the large size
    height       integer NOT NULL DEFAULT 0,
    created_ts   bigint  NOT NULL,                                                -- Unix milliseconds, business time
    used_ts      bigint,                                                          -- since when it is shown somewhere
    used_as      text                                                             -- as what, at first: product, poster, avatar
);
CREATE INDEX uploads_owner ON uploads (owner);
CREATE INDEX uploads_unused ON uploads (created_ts) WHERE used_ts IS NULL;
CREATE INDEX uploads_gone ON uploads (id) WHERE state = 'gone';

-- What one person, or one network, has sent on a day.
CREATE TABLE upload_counts (
    kind         text    NOT NULL CHECK (kind IN ('person', 'network')),
    subject      text    NOT NULL,
    day          integer NOT NULL,                -- days since 1970-01-01 UTC
    uploads      integer NOT NULL,
    bytes        bigint  NOT NULL,
    PRIMARY KEY (kind, subject, day)
);
CREATE INDEX upload_counts_day ON upload_counts (day);
