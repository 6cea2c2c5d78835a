"""A server for the tests of commerce/."""

from tests.base.conftest import served

__all__ = ["served"]
