-- What queries ask for besides the time of an event and what it is about. Texts may be of any length, so their beginnings are kept.
CREATE INDEX epcis_events_recorded ON epcis_events (recorded_us, seq);
CREATE INDEX epcis_events_location ON epcis_events (biz_location, event_us) WHERE biz_location IS NOT NULL;
CREATE INDEX epcis_events_read_point ON epcis_events (read_point, event_us) WHERE read_point IS NOT NULL;
CREATE INDEX epcis_values_num ON epcis_values (name, num) INCLUDE (event) WHERE num IS NOT NULL;
CREATE INDEX epcis_values_text ON epcis_values (name, left(text, 64)) INCLUDE (event) WHERE text IS NOT NULL;
CREATE INDEX epcis_values_time ON epcis_values (name, at_us) INCLUDE (event) WHERE at_us IS NOT NULL;
