-- Title, subtitle and unit by language ({"zh": ..., "en": ...}); null: the plain column is for everybody.
ALTER TABLE products
    ADD COLUMN titles     jsonb CHECK (jsonb_typeof(titles) = 'object'),
    ADD COLUMN subtitles  jsonb CHECK (jsonb_typeof(subtitles) = 'object'),
    ADD COLUMN unit_names jsonb CHECK (jsonb_typeof(unit_names) = 'object');
