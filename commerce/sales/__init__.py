"""What rooms sell while they are live: sales, the taps of buyers, what is left."""
