"""Tests of livehub/base/uploads/."""
