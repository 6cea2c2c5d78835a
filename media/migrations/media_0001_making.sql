-- A clip that has to be encoded has a row before it has files. Versions before this one show and delete only what is kept, or gone.
ALTER TABLE clips DROP CONSTRAINT clips_state_check;
ALTER TABLE clips ADD CONSTRAINT clips_state_check CHECK (state IN ('making', 'failed', 'kept', 'gone'));
ALTER TABLE clips
    ADD COLUMN attempts integer NOT NULL DEFAULT 0 CHECK (attempts >= 0),
    ADD COLUMN code     integer,                  -- of the refusal that it failed with, or is tried again after
    ADD COLUMN problem  text;
-- Who asks for a piece that is being made waits for the same.
CREATE UNIQUE INDEX clips_making ON clips (recording, from_ts, to_ts) WHERE state = 'making';
