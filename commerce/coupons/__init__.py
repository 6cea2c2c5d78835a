"""Coupons: dropped into a room, claimed by viewers or given to the winners of a quiz."""
