-- Which product was explained when, written once when the recording ends: the room's log does not keep that long.
ALTER TABLE recordings ADD COLUMN chapters jsonb NOT NULL DEFAULT '[]';
CREATE INDEX clips_room ON clips (room, from_ts);
