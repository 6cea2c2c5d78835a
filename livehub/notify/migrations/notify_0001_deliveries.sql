-- Which notice was handed to which channel: once, whoever tells it again.
CREATE TABLE notice_deliveries (
    key        text   NOT NULL,  -- of the notice; names nobody
    channel    text   NOT NULL,
    template   text   NOT NULL,
    person     text   NOT NULL,
    due_ms     bigint NOT NULL,  -- business time, Unix ms, as created_ms
    created_ms bigint NOT NULL,
    PRIMARY KEY (key, channel)
);
CREATE INDEX notice_deliveries_person ON notice_deliveries (person, created_ms);
CREATE INDEX notice_deliveries_created ON notice_deliveries (created_ms);
