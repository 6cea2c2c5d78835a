"""A server for the tests of livehub/hub/quizzes/."""

from tests.base.conftest import served

__all__ = ["served"]
