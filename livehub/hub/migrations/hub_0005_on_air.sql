-- Whether a camera's picture is shown in a room now: a list that shows it asks for a still of it then, and only then.
ALTER TABLE rooms
    ADD COLUMN on_air boolean NOT NULL GENERATED ALWAYS AS (coalesce(state->'view'->'program'->>'camera', '') <> '') STORED;
