"""Tests of commerce/: the catalogue and coupons."""
