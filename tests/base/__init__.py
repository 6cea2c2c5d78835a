"""Tests of livehub/base/: what every other folder stands on."""
