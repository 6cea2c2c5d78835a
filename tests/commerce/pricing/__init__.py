"""Tests of commerce/pricing/."""
