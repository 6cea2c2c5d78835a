"""A server for the tests of EPCIS."""

from tests.base.conftest import served

__all__ = ["served"]
