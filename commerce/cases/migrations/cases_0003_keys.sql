-- request_key: SHA-256 of who asked and their Idempotency-Key; fingerprint: of the request. Both NULL: opened without a key, or by a
-- version before.
ALTER TABLE cases ADD COLUMN request_key bytea UNIQUE;
ALTER TABLE cases ADD COLUMN fingerprint bytea;
ALTER TABLE cases ADD CONSTRAINT cases_request CHECK ((request_key IS NULL) = (fingerprint IS NULL));
