"""The load test's own parts, and that it can fail: a meter that cannot show a fault proves nothing."""
