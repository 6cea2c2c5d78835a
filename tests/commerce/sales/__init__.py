"""Tests of commerce/sales/."""
