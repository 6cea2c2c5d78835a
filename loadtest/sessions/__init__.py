"""What signing in costs a crowd: a storm of reconnections with tokens, and how soon an ended session closes its sockets."""
