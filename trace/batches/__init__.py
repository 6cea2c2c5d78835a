"""Batches of food: their codes and labels, what became of them, and the boxes they were packed into."""
