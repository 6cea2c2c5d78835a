"""People who watch count once, whatever they have open; leaving counts once, however often it is told."""

from collections.abc import Callable

from livehub.base.auth import Identity, Role
from livehub.hub.rooms.watchers import Watchers
from livehub.hub.sockets.connection import Connection

Connect = Callable[..., Connection]


def of(connect: Connect, name: str, role: Role = Role.VIEWER) -> Connection:
    connection = connect()
    connection.identity = Identity(id=name, name=name, role=role)
    return connection


def test_two_connections_of_a_person_are_one_until_both_have_left(connect: Connect) -> None:
    watchers, phone, desk = Watchers(), of(connect, "ann"), of(connect, "ann")
    for connection in (phone, desk, phone):  # joined again
        watchers.enter(connection)
    assert len(watchers) == 1
    watchers.leave(phone)
    watchers.leave(phone)
    assert len(watchers) == 1
    watchers.leave(desk)
    assert len(watchers) == 0


def test_whoever_never_came_does_not_leave(connect: Connect) -> None:
    watchers = Watchers()
    watchers.enter(of(connect, "ann"))
    watchers.leave(of(connect, "host", Role.HOST))
    assert len(watchers) == 1


def test_each_connection_without_a_token_is_somebody(connect: Connect) -> None:
    watchers = Watchers()
    for connection in (connect(), connect()):
        watchers.enter(connection)
    assert len(watchers) == 2


def test_a_guest_with_a_token_is_one_in_both_of_their_tabs(connect: Connect) -> None:
    watchers = Watchers()
    for _ in range(2):
        watchers.enter(of(connect, "guest-7", Role.GUEST))
    assert len(watchers) == 1
