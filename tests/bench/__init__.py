"""Benchmarks: not tests. `make bench` runs them; docs/benchmarks.md quotes them with machine and commit."""
