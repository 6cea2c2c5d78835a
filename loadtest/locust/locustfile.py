"""What Locust loads: `python -m loadtest locust`, or `locust -f loadtest/locust/locustfile.py` from the checkout."""

from typing import Any

from locust import events

from loadtest.locust import options
from loadtest.locust.crowd import CrowdProcesses
from loadtest.locust.people import BuyerUser, ChatterUser, HostUser, QuizUser, ViewerUser

__all__ = ["BuyerUser", "ChatterUser", "HostUser", "QuizUser", "ViewerUser"]


def _with_crowd(environment: Any, **_: Any) -> None:
    CrowdProcesses(environment)


events.init_command_line_parser.add_listener(options.add)
events.init.add_listener(_with_crowd)
