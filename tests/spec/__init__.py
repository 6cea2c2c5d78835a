"""Tests of livehub/spec/: the published forms of the contract."""
