-- Most people write where they live; a place on a map comes later, if at all.
ALTER TABLE addresses
    ALTER COLUMN lat DROP NOT NULL, ALTER COLUMN lon DROP NOT NULL,
    ALTER COLUMN wgs84_lat DROP NOT NULL, ALTER COLUMN wgs84_lon DROP NOT NULL,
    ADD CONSTRAINT addresses_place CHECK (num_nulls(lat, lon, wgs84_lat, wgs84_lon) IN (0, 4));
