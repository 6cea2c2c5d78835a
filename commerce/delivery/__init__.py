"""Delivery: to the door or to a pick-up point, in windows of time that hold so many orders."""
