"""Locust on livehub: people of each kind over a stock Socket.IO client, and the crowd in Locust's own statistics."""
