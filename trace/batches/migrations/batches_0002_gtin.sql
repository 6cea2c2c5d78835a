-- A farm that has sold one GTIN for years has thousands of lots of it; its page shows the latest.
CREATE INDEX batches_gtin ON batches (gtin, made_ms DESC, id DESC);
