"""Tests of commerce/payments/sandbox."""
