-- on_stock: the stock engine decides who gets one (stock_resources, coupon:{id}), and the hold is the claim. Such a coupon counts as
-- ended for the version before, which looks at no other column: its processes may run beside ours, and then answer that it is gone.
-- The CHECK holds even one that would not, or there were more than there are.
ALTER TABLE coupons ADD COLUMN on_stock boolean NOT NULL DEFAULT false;
ALTER TABLE coupons ADD CONSTRAINT coupons_on_stock CHECK (NOT on_stock OR (ended AND taken = 0));

-- A person's coupons, however many holds of sales they have had. Of what never changes in a hold, so that a change of its state
-- stays one of its row alone.
CREATE INDEX stock_holds_coupons ON stock_holds (person, (resources[1])) WHERE starts_with(resources[1], 'coupon:');
