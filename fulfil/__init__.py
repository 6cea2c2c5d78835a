"""Bringing it to the buyer: warehouses, lots, dispatch, routes, delivery and tracking."""
