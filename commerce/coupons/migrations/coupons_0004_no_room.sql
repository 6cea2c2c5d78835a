-- NULL: given to a person outside of any room, as a gift after a complaint. Such a coupon is a prize: nobody claims it.
ALTER TABLE coupons ALTER COLUMN room DROP NOT NULL;
ALTER TABLE coupons ADD CONSTRAINT coupons_of_no_room CHECK (room IS NOT NULL OR prize);
