"""A flash sale under load: buyers who all tap as it opens, and what has to be true afterwards."""
