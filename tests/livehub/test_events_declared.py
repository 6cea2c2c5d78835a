"""Every type of domain event that our code has is declared by a module, so that one nobody reads yet is told of as no fault."""

from collections.abc import Iterator

from msgspec import Struct

from livehub import app
from livehub.base.events import type_of


def structs(of: type[Struct] = Struct) -> Iterator[type[Struct]]:
    for found in of.__subclasses__():
        yield found
        yield from structs(found)


def test_whatever_can_be_emitted_is_declared() -> None:
    ours = {each for each in structs() if each.__struct_config__.tag_field == "event"}
    ours = {each for each in ours if not each.__module__.startswith("tests.")}
    declared = {event for module in app.DEMO_MODULES for event in module.events}
    assert {type_of(each) for each in ours} == {type_of(each) for each in declared}
    assert {"consent_changed", "person_erased"} <= {type_of(each) for each in declared}
