-- What staff did and what was decided of lines, where no control message tells it: one row each, for the event log. Append-only;
-- rows go by retention alone.
CREATE TABLE room_actions (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    room        text   REFERENCES rooms (id),    -- null: of all rooms
    ts          bigint NOT NULL,                 -- Unix ms
    type        text   NOT NULL,
    subject     text   NOT NULL,                 -- id of the line, question, camera, ...
    was         text,                            -- its state before and after, where it has one
    became      text,
    by_id       text,                            -- null: nobody did it (the word list)
    by_name     text,                            -- null: a version before did not keep it
    about_id    text,                            -- whom it met
    about_name  text,
    data        jsonb  NOT NULL DEFAULT '{}'     -- what it was about, in words
);
CREATE INDEX room_actions_when ON room_actions (coalesce(room, ''), ts DESC, id DESC);
CREATE INDEX room_actions_subject ON room_actions (room, subject);
CREATE INDEX room_actions_ts ON room_actions USING brin (ts);

CREATE FUNCTION refuse_to_rewrite() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME;
END
$$;
CREATE TRIGGER room_actions_stay BEFORE UPDATE ON room_actions FOR EACH ROW EXECUTE FUNCTION refuse_to_rewrite();

-- What was decided so far: the last decision of each line is all that there is.
WITH told AS (UPDATE held_lines SET told_at = decided_at WHERE decided_at IS NOT NULL RETURNING *)
INSERT INTO room_actions (room, ts, type, subject, was, became, by_id, about_id, about_name, data)
SELECT room, (extract(epoch FROM decided_at) * 1000)::bigint,
       CASE status WHEN 'rejected' THEN 'held_reject' ELSE 'held_approve' END, line_id, 'waiting',
       CASE status WHEN 'rejected' THEN 'rejected' ELSE 'approved' END, decided_by, line->>'user', line->>'name',
       jsonb_build_object('line', line, 'reason', reason, 'matched', matched)
FROM told ORDER BY decided_at;

-- Why somebody was muted or banned: {reason, line}. For staff alone, so not in the message.
ALTER TABLE room_controls ADD COLUMN why jsonb;
CREATE INDEX room_controls_restricted ON room_controls (room, (data->>'user'), ts)
    WHERE data->>'type' IN ('mute', 'ban');
