"""Who is told what by which channel, and when."""
