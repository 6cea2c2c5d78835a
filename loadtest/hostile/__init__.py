"""Clients that mean harm, and what the rest of the room notices of them."""
