"""People as a module."""

from pathlib import Path

from livehub.base.module import Module
from livehub.people.people import People
from livehub.people.settings import PeopleConfig

PEOPLE = Module(
    name="people",
    build=People,
    settings=PeopleConfig,
    migrations=Path(__file__).parent / "migrations",
)
