"""Tests of livehub/ itself: its roof and the servers that it brings along."""
