CREATE INDEX people_name ON people (lower(name) text_pattern_ops);
CREATE INDEX people_created ON people (created_ts DESC, id DESC);
