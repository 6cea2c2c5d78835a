"""Stripe, by Checkout Sessions."""
