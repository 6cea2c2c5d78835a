CREATE INDEX people_name ON people (lower(name) text_pattern_ops);
CREATE INDEX people_created ON people (created_ts DESC, id DESC);
CREATE INDEX people_erased ON people (erased_ts) WHERE erased_ts IS NOT NULL;
