"""What providers say they have taken and given back, day by day, beside what we know of it."""
