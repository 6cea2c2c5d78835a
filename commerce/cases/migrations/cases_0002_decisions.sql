-- A case of the version before that was decided so has neither: what was promised then is sent by hand.
ALTER TABLE cases ADD COLUMN replacement text REFERENCES orders (id);
ALTER TABLE cases ADD COLUMN coupon text REFERENCES coupons (id);
ALTER TABLE cases ADD CONSTRAINT cases_replacement CHECK (replacement IS NULL OR decision = 'replace');
ALTER TABLE cases ADD CONSTRAINT cases_coupon CHECK (coupon IS NULL OR decision = 'gift');
CREATE INDEX cases_sent ON cases (replacement) WHERE replacement IS NOT NULL;
