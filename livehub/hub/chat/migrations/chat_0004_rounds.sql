-- How often moderators have decided about a line. Reports count that were made since, so in this round; `times`: in how many
-- rounds that person has reported the line.
-- `told_at`: the moment of the decision that the event log has; another than `decided_at` where a process of the version before
-- decided, which tells nobody.
ALTER TABLE held_lines ADD COLUMN round integer NOT NULL DEFAULT 0, ADD COLUMN told_at timestamptz;
CREATE INDEX held_lines_untold ON held_lines (room) WHERE decided_at IS NOT NULL AND decided_at IS DISTINCT FROM told_at;
ALTER TABLE chat_reports ADD COLUMN round integer NOT NULL DEFAULT 0, ADD COLUMN times integer NOT NULL DEFAULT 1;
UPDATE held_lines SET round = 1 WHERE decided_at IS NOT NULL;
UPDATE chat_reports r SET round = 1 FROM held_lines h
WHERE h.room = r.room AND h.line_id = r.line_id AND r.at > h.decided_at;
