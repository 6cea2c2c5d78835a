"""Tests of commerce/payments."""
