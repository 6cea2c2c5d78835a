-- The words for which a line is held, and where they are in it (livehub.room.word_marks.MatchedWord).
ALTER TABLE held_lines ADD COLUMN matched jsonb NOT NULL DEFAULT '[]';
