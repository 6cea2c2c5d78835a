"""The part of people in a process. Wiring only."""

from livehub.base.module import Context, Part
from livehub.people.settings import PeopleConfig


class People(Part):
    def __init__(self, context: Context) -> None:
        self._config = context.config(PeopleConfig)
