"""Selling: the catalogue, flash sales, coupons, orders, payments, refunds and customer care."""
