-- Lists of orders are read a state at a time, each the latest first, so that no filter has to pass over rows of other states. The
-- amounts are there for the sums of a list, which then are read out of the index alone.
CREATE INDEX orders_by_state ON orders (state, id DESC) INCLUDE (currency, total_minor, paid_minor, refunded_minor);
CREATE INDEX orders_by_room ON orders (room, state, id DESC)
INCLUDE (person, currency, total_minor, paid_minor, refunded_minor)
WHERE room IS NOT NULL;
-- By the last four digits of the phone that it goes to.
CREATE INDEX orders_by_phone_end ON orders (right(address ->> 'phone', 4), id DESC) WHERE address IS NOT NULL;
