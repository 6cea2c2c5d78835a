"""What cannot become a request of HTTP/1 is known at once, however it is cut; what can is waited for."""

import pytest

from livehub.hub.sockets.handshake import may_be_request

REQUESTS = [
    b"GET / HTTP/1.1\r\nHost: x\r\nCookie: a=b",
    b"GET / HTTP/1.0",
    b"\r\nGET /healthz HTTP/1.1\r\nHost: x",
    b"OPTIONS * HTTP/1.1\r\nHost: x",
    b"POST http://x/api?q=\xc3\xa9 HTTP/1.1\r\nHost: x\r\nX-Odd: \xff",
    b"M-SEARCH * HTTP/1.1\r\nHost: x",
]
NO_REQUESTS = [
    b"\x16\x03\x01\x02\x00\x01\x00",  # TLS
    b"PRI * HTTP/2.0\r\n",
    b"GET / HTTP/1.1\nHost: x\n\n",
    b"GET / HTTP/1.1\r\nHost: x\nX: y",
    b"GET /\r\n",  # HTTP/0.9
    b"GET / HTTP/1.1 \r\n",
    b"GET / FTP",
    b"GET \x00",
    b"GET\t/ HTTP/1.1",
    b"SSH-2.0-OpenSSH_9.2\r\n",
    b"\x00\x01\x02garbage",
    b"\x80.\x01\x00\x02",  # SSL 2
    b"{}",
    b"X" * 33,
    "票 / HTTP/1.1".encode(),
]


@pytest.mark.parametrize("request_", REQUESTS, ids=repr)
def test_every_beginning_of_a_request_may_be_one(request_: bytes) -> None:
    assert all(may_be_request(request_[:end]) for end in range(len(request_) + 1))


@pytest.mark.parametrize("noise", NO_REQUESTS, ids=repr)
def test_what_is_no_request_is_known_when_it_has_come(noise: bytes) -> None:
    assert not may_be_request(noise)
