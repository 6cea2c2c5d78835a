"""A server for the tests of livehub/hub/chat/."""

from tests.base.conftest import served

__all__ = ["served"]
