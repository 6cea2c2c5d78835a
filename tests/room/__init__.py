"""Tests of livehub/room/: the pure core of the rooms."""
