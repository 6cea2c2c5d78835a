"""Orders: carts, quotes, orders and their time, and the money that comes in for them."""
