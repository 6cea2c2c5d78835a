"""Prices: what a cart costs, with its coupons and its delivery."""
