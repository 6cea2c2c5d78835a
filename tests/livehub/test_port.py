"""A port is one installation's: its workers share it, and nobody else gets in unnoticed."""

import socket

import pytest

from livehub.node.port import listen, reserved
from tests.ports import free_port

HOST = "127.0.0.1"


def test_workers_share_a_reserved_port() -> None:
    port = free_port()
    with reserved(HOST, port), listen(HOST, port, shared=True), listen(HOST, port, shared=True):
        for _ in range(20):  # and whatever keeps it reserved takes no connection
            socket.create_connection((HOST, port), timeout=5).close()


def test_a_port_that_another_installation_reserved_is_in_use_though_none_of_its_workers_listens_yet() -> None:
    port = free_port()
    with reserved(HOST, port):
        for attempt in (lambda: reserved(HOST, port).__enter__(), lambda: listen(HOST, port, shared=False)):
            with pytest.raises(OSError, match="in use"):
                attempt()
    with reserved(HOST, port):
        pass


@pytest.mark.parametrize("shared", [False, True])
def test_a_port_on_which_somebody_listens_is_not_reserved(shared: bool) -> None:
    port = free_port()
    with listen(HOST, port, shared=shared), pytest.raises(OSError, match="in use"):
        reserved(HOST, port).__enter__()


def test_a_port_whose_last_connections_linger_can_be_reserved() -> None:
    port = free_port()
    with listen(HOST, port, shared=False) as listener:
        client = socket.create_connection((HOST, port), timeout=5)
        server, _ = listener.accept()
        server.close()  # who closes first is left in TIME_WAIT
        client.close()
    with reserved(HOST, port), listen(HOST, port, shared=True):
        pass


def test_an_ipv6_port_is_reserved_too() -> None:
    if not socket.has_dualstack_ipv6():
        pytest.skip("this machine has no IPv6")
    port = free_port()
    with reserved("::1", port), pytest.raises(OSError, match="in use"):
        listen("::1", port, shared=False)
