-- Chosen by the client: the same key of the same person is the same claim. None for what was given, not claimed. The index
-- serves what the one it replaces did, since nobody has many coupons.
ALTER TABLE coupon_claims ADD COLUMN key text;
CREATE UNIQUE INDEX coupon_claims_key ON coupon_claims (user_id, key);
DROP INDEX coupon_claims_user;
