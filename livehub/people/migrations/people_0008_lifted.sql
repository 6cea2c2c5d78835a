-- Processes ask twice a second what was blocked and lifted since; the one index has what was not lifted.
CREATE INDEX blocked_people_lifted ON blocked_people (lifted_ts) WHERE lifted_ts IS NOT NULL;
