-- request_key: SHA-256 of who asked and their Idempotency-Key; fingerprint: of the request. Both NULL: asked for without a key, decided in
-- a case, or by a version before.
ALTER TABLE refund_terms ADD COLUMN request_key bytea UNIQUE;
ALTER TABLE refund_terms ADD COLUMN fingerprint bytea;
ALTER TABLE refund_terms ADD CONSTRAINT refund_terms_request CHECK ((request_key IS NULL) = (fingerprint IS NULL));
