-- The answer of a call that tells a secret once, encrypted under the server's secret (livehub/base/sealing.py); `body` is null then.
-- A process of the version before, asked again under such a key, refuses instead of telling it.
ALTER TABLE idempotency_keys ADD COLUMN sealed bytea;
