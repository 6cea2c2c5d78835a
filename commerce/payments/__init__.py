"""Money from buyers and back to them, through providers: attempts, notices, queries, closing, refunds."""
