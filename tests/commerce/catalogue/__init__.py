"""Tests of commerce/catalogue/."""
