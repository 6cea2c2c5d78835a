-- How often moderators have decided about a line. Reports count that were made since, so in this round; `times`: in how many
-- rounds that person has reported the line.
ALTER TABLE held_lines ADD COLUMN round integer NOT NULL DEFAULT 0;
ALTER TABLE chat_reports ADD COLUMN round integer NOT NULL DEFAULT 0, ADD COLUMN times integer NOT NULL DEFAULT 1;
UPDATE held_lines SET round = 1 WHERE decided_at IS NOT NULL;
UPDATE chat_reports r SET round = 1 FROM held_lines h
WHERE h.room = r.room AND h.line_id = r.line_id AND r.at > h.decided_at;
