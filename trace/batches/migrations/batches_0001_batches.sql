-- A batch of food: a lot of a GTIN, for ever. Times are Unix ms of business time. `entry`: of the log, which tells the same.
CREATE TABLE batches (
    id           text    PRIMARY KEY,
    product      text    NOT NULL,
    gtin         text    NOT NULL CHECK (gtin ~ '^[0-9]{14}$'),
    lot          text    NOT NULL CHECK (length(lot) BETWEEN 1 AND 20),
    made_by      text    NOT NULL CHECK (made_by IN ('harvest', 'slaughter', 'kitchen', 'split', 'merge', 'repack')),
    made_ms      bigint  NOT NULL,
    place_name   text    NOT NULL,
    lat          double precision NOT NULL CHECK (lat BETWEEN -90 AND 90),      -- WGS-84
    lon          double precision NOT NULL CHECK (lon BETWEEN -180 AND 180),
    given_lat    double precision NOT NULL,                                     -- as it was said, of the datum
    given_lon    double precision NOT NULL,
    datum        text    NOT NULL CHECK (datum IN ('wgs84', 'gcj02', 'bd09')),
    units        integer NOT NULL CHECK (units > 0),
    used         integer NOT NULL DEFAULT 0 CHECK (used BETWEEN 0 AND units),   -- gone into other batches
    key          bytea   UNIQUE,                                                -- of the Idempotency-Key it was made with, for ever
    fingerprint  bytea,                                                         -- of that request
    entry        bigint  NOT NULL REFERENCES log_entries (id),
    created_ms   bigint  NOT NULL,
    created_by   text    NOT NULL,
    UNIQUE (gtin, lot)
);
CREATE INDEX batches_created ON batches (created_ms DESC, id DESC);
CREATE INDEX batches_product ON batches (product, created_ms DESC, id DESC);

CREATE TABLE batch_certificates (
    batch        text    NOT NULL REFERENCES batches (id),
    position     integer NOT NULL,
    kind         text    NOT NULL,
    number       text    NOT NULL,
    valid_until  date,
    picture      text,                                                          -- an address
    sha256       bytea,                                                         -- of the file as it was uploaded
    PRIMARY KEY (batch, position)
);

-- A split, a merge or a repack.
CREATE TABLE batch_makings (
    id           text    PRIMARY KEY,
    kind         text    NOT NULL CHECK (kind IN ('split', 'merge', 'repack')),
    at_ms        bigint  NOT NULL,
    entry        bigint  NOT NULL REFERENCES log_entries (id),
    created_ms   bigint  NOT NULL,
    created_by   text    NOT NULL
);

-- Of which batches a batch was made. `units`: of the parent, in all of the making.
CREATE TABLE batch_lineage (
    child        text    NOT NULL REFERENCES batches (id),
    parent       text    NOT NULL REFERENCES batches (id),
    units        integer NOT NULL CHECK (units > 0),
    making       text    NOT NULL REFERENCES batch_makings (id),
    PRIMARY KEY (child, parent),
    CHECK (child <> parent)
);
CREATE INDEX batch_lineage_parent ON batch_lineage (parent);

-- What was done with a batch, as staff recorded it; never changed. The log has commitments to who it was and what they noted.
CREATE TABLE batch_steps (
    id           text    PRIMARY KEY,
    batch        text    NOT NULL REFERENCES batches (id),
    kind         text    NOT NULL,
    at_ms        bigint  NOT NULL,
    recorded_ms  bigint  NOT NULL,
    place_name   text,
    lat          double precision CHECK (lat BETWEEN -90 AND 90),
    lon          double precision CHECK (lon BETWEEN -180 AND 180),
    given_lat    double precision,
    given_lon    double precision,
    datum        text    CHECK (datum IN ('wgs84', 'gcj02', 'bd09')),
    celsius      double precision,
    photo        text,
    photo_sha256 bytea,
    note         text    NOT NULL,
    key          bytea   UNIQUE,
    fingerprint  bytea,
    entry        bigint  NOT NULL REFERENCES log_entries (id),
    created_by   text    NOT NULL
);
CREATE INDEX batch_steps_batch ON batch_steps (batch, at_ms, id);

-- Serials that were made together, to be printed.
CREATE TABLE batch_sheets (
    id           text    PRIMARY KEY,
    batch        text    NOT NULL REFERENCES batches (id),
    boxes        integer NOT NULL CHECK (boxes > 0),
    entry        bigint  NOT NULL REFERENCES log_entries (id),
    created_ms   bigint  NOT NULL,
    created_by   text    NOT NULL
);

-- Boxes. `order_line`: which it was packed for; the log has that commitment to it.
CREATE TABLE batch_boxes (
    batch        text    NOT NULL REFERENCES batches (id),
    serial       text    NOT NULL,
    sheet        text    NOT NULL REFERENCES batch_sheets (id),
    position     integer NOT NULL,
    order_line   text,
    packed_ms    bigint,
    packed_by    text,
    commitment   text,
    entry        bigint  REFERENCES log_entries (id),
    PRIMARY KEY (batch, serial)
);
CREATE INDEX batch_boxes_sheet ON batch_boxes (sheet, position);
CREATE INDEX batch_boxes_order_line ON batch_boxes (order_line) WHERE order_line IS NOT NULL;

-- Who scanned what, and how often. `serial`: '' for a code of the batch alone; `person`: '' where nobody could be told apart.
CREATE TABLE batch_scans (
    batch        text    NOT NULL REFERENCES batches (id),
    serial       text    NOT NULL,
    person       text    NOT NULL,
    scans        bigint  NOT NULL CHECK (scans > 0),
    first_ms     bigint  NOT NULL,
    last_ms      bigint  NOT NULL,
    PRIMARY KEY (batch, serial, person)
);
CREATE INDEX batch_scans_person ON batch_scans (person);

CREATE VIEW facts.scans AS
SELECT s.batch, b.product, b.gtin, b.lot, nullif(s.serial, '') AS serial, x.order_line, nullif(s.person, '') AS person, s.scans,
    to_timestamp(s.first_ms / 1000.0) AS first_at, to_timestamp(s.last_ms / 1000.0) AS last_at
FROM batch_scans AS s
JOIN batches AS b ON b.id = s.batch
LEFT JOIN batch_boxes AS x ON x.batch = s.batch AND x.serial = s.serial;
COMMENT ON VIEW facts.scans IS 'A row for each unit and each person who scanned it.';
COMMENT ON COLUMN facts.scans.batch IS 'the batch';
COMMENT ON COLUMN facts.scans.product IS 'of which product';
COMMENT ON COLUMN facts.scans.gtin IS 'its GTIN, 14 digits';
COMMENT ON COLUMN facts.scans.lot IS 'its lot';
COMMENT ON COLUMN facts.scans.serial IS 'which box; NULL: the code was that of the lot';
COMMENT ON COLUMN facts.scans.order_line IS 'which order line the box was packed for; NULL: none yet';
COMMENT ON COLUMN facts.scans.person IS 'who: an id, or that of a guest; NULL: a page that was opened by nobody who can be told from others';
COMMENT ON COLUMN facts.scans.scans IS 'how often they did';
COMMENT ON COLUMN facts.scans.first_at IS 'when first';
COMMENT ON COLUMN facts.scans.last_at IS 'when last';
