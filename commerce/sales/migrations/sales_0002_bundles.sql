-- What each unit of a bundle was made of when the sale was made, as cards show it: [{id, qty, title, ...}], whose stock it takes. NULL:
-- it is no bundle, and takes the product's own.
ALTER TABLE sales ADD COLUMN components jsonb;
