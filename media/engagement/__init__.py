"""How a room was moved while it was recorded: signals, the highlights they point at, and chapters by product."""
