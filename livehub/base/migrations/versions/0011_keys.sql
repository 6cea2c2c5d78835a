-- A call that acts with no transaction open claims its key first: until then nobody else may act under it.
-- `status` is null meanwhile; what is still null afterwards was begun `attempts` times and never finished.
ALTER TABLE idempotency_keys ADD COLUMN claimed_until timestamptz;
ALTER TABLE idempotency_keys ADD COLUMN attempts integer NOT NULL DEFAULT 1;
