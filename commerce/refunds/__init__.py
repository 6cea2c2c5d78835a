"""Refunds of orders: by line and unit, out of the shares that were stored with the order."""
