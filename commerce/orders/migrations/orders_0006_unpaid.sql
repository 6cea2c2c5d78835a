-- How many orders one person may leave unpaid is bounded (LIVEHUB_ORDER_UNPAID_MAX): each takes a place, which no other unpaid one of
-- the same person has. NULL: it came before there were places, or from somebody who turned out to be the same person.
ALTER TABLE orders ADD COLUMN unpaid_place smallint;
CREATE UNIQUE INDEX orders_unpaid_place ON orders (person, unpaid_place) WHERE state = 'unpaid';
