-- The room's title by language, as the list of rooms shows it: like `title` kept by PostgreSQL beside the state.
ALTER TABLE rooms ADD COLUMN titles jsonb GENERATED ALWAYS AS (state->'view'->'titles') STORED;
