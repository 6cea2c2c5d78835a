-- Who said a control message; null: nobody did (a timer, the picture), or a version before this one wrote it. For the event log.
ALTER TABLE room_controls ADD COLUMN by_id text, ADD COLUMN by_name text;
CREATE INDEX room_controls_when ON room_controls (room, ts DESC);
