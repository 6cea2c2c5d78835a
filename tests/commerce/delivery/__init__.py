"""Tests of commerce/delivery."""
