-- Somebody with an account. Guests have none until they sign in; `id` is what all other tables call them by.
CREATE TABLE people (
    id           text    PRIMARY KEY CHECK (length(id) BETWEEN 1 AND 255),
    name         text    NOT NULL,
    role         text    NOT NULL DEFAULT 'viewer',
    language     text    NOT NULL DEFAULT '',     -- a BCP 47 tag, or '' when the page may choose
    created_ts   bigint  NOT NULL,                -- Unix milliseconds, here and below; real time
    seen_ts      bigint  NOT NULL,                -- of the last session's last token
    blocked_ts   bigint,                          -- since when they may not sign in
    erased_ts    bigint
);
CREATE INDEX people_role ON people (role) WHERE role <> 'viewer';

-- How somebody is known. One subject is one person, for ever.
--   guest    the id of a guest, or of somebody by name alone, who signed in: whose rows are this person's now
--   phone    E.164                        wechat   unionid, else openid@appid
--   oidc     iss|sub                      passkey  credential id, base64url
CREATE TABLE identities (
    kind         text    NOT NULL CHECK (kind IN ('guest', 'phone', 'wechat', 'oidc', 'passkey')),
    subject      text    NOT NULL CHECK (length(subject) BETWEEN 1 AND 1024),
    person       text    NOT NULL REFERENCES people (id),
    verified_ts  bigint  NOT NULL,
    used_ts      bigint  NOT NULL,                -- the last sign-in with it
    data         jsonb   NOT NULL DEFAULT '{}',   -- of a passkey its public key and counter
    PRIMARY KEY (kind, subject)
);
CREATE INDEX identities_person ON identities (person, kind);

-- Where somebody is signed in. The cookie is 256 random bits; only its SHA-256 is here.
CREATE TABLE sessions (
    id           text    PRIMARY KEY,
    person       text    NOT NULL REFERENCES people (id),
    token_sha256 bytea   NOT NULL UNIQUE CHECK (length(token_sha256) = 32),
    app          text    NOT NULL,                -- viewer, studio, ops ...: each has a cookie of its own
    how          text    NOT NULL,                -- phone, wechat, oidc, passkey, name
    device       text    NOT NULL DEFAULT '',     -- as a person would call it: "Chrome, Android"
    created_ts   bigint  NOT NULL,
    signed_in_ts bigint  NOT NULL,                -- when they last proved who they are
    seen_ts      bigint  NOT NULL,
    ends_ts      bigint  NOT NULL,
    ended_ts     bigint,                          -- before its time
    why          text    NOT NULL DEFAULT ''      -- it ended: signed_out, ended_by_person, ended_by_staff, blocked, erased
);
CREATE INDEX sessions_person ON sessions (person, created_ts DESC);
CREATE INDEX sessions_ended ON sessions (ended_ts) WHERE ended_ts IS NOT NULL;

-- One that was somebody for themselves, and turned out to be somebody known. `moved`: per table the keys of the rows that went
-- along, for undoing it.
CREATE TABLE person_merges (
    merged       text    NOT NULL,
    person       text    NOT NULL REFERENCES people (id),
    ts           bigint  NOT NULL,
    moved        jsonb   NOT NULL,
    undone_ts    bigint,
    undone_by    text,
    PRIMARY KEY (merged, ts)
);
CREATE UNIQUE INDEX person_merges_once ON person_merges (merged) WHERE undone_ts IS NULL;
CREATE INDEX person_merges_person ON person_merges (person);
