"""Delivery as a module: areas, pick-up points, windows."""

from pathlib import Path

from commerce.delivery import errors
from commerce.delivery.person_tables import PERSON_TABLES
from livehub.base.errors import LivehubError
from livehub.base.module import Context, Module, Part, defined_in


class Delivery(Part):
    def __init__(self, context: Context) -> None:
        del context


DELIVERY = Module(
    name="delivery",
    build=Delivery,
    errors=defined_in(errors, LivehubError),
    migrations=Path(__file__).parent / "migrations",
    person_tables=PERSON_TABLES,
)
