"""Warehouses and delivery. Empty so far: the name and the place in the layers are kept for it."""
