-- What was proved, and counts once: a sign-in that came back from a provider, a passkey's challenge, a solved puzzle. They are
-- signed by the server and good for minutes, so that only those which were used need to be here, until they would be over.
CREATE TABLE used_proofs (
    digest   bytea   PRIMARY KEY CHECK (length(digest) = 32),
    ends_ts  bigint  NOT NULL                    -- Unix milliseconds, real time
);
CREATE INDEX used_proofs_ends ON used_proofs (ends_ts);
