"""The page that a load test leaves behind: one HTML file with everything in it."""
