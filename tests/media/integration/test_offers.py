"""WHIP and WHEP over HTTP (RFC 9725): what is refused, with which status, and that nothing is left of it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest

from media.ingest.cameras import new_token
from media.module import Media
from tests.integration.server import InProcessServer, eventually
from tests.media.integration.peers import FRAGMENT, SDP, RawPeer, Reply, post, request
from tests.media.integration.publishers import Kit, publishing

Made = dict[str, str]
ENOUGH = {"media_sessions_per_s_max": 1_000.0, "media_sessions_burst_max": 1_000}


async def _camera(server: InProcessServer, room: str) -> Made:
    made = await server.do("POST", f"/api/rooms/{room}/cameras", {"name": "Phone"})
    return {"id": made["camera"]["id"], "whip": made["whip"], "token": made["token"]}


def _error(reply: Reply) -> tuple[int, str]:
    """Status, and the name in the problem."""
    _, _, rest = reply.text.partition('"name":')
    return reply.status, rest.strip().partition('"')[2].partition('"')[0]


async def _offer() -> str:
    async with RawPeer.of(sends=True) as peer:
        return peer.offer()


@pytest.mark.parametrize(
    ("change", "status"),
    [
        (lambda offer: "garbage", 400),
        (lambda offer: "\0\xff" * 100, 400),
        (lambda offer: "", 400),
        (lambda offer: offer[:200], 400),
        (lambda offer: offer.replace("a=ice-ufrag", "a=x"), 400),
        (lambda offer: offer.replace("a=fingerprint", "a=x"), 400),
        (lambda offer: offer.replace("a=group:BUNDLE 0 1\r\n", ""), 400),
        (lambda offer: offer.replace("H264", "VP8"), 406),
        (lambda offer: offer.replace("packetization-mode=1", "packetization-mode=2"), 406),
        (lambda offer: offer.replace("opus/48000/2", "PCMU/8000"), 406),
        (lambda offer: offer.replace("a=sendonly", "a=recvonly"), 406),
        (lambda offer: offer.replace("m=video 9", "m=video 0"), 406),
        (lambda offer: offer + "a=x:" + "y" * 1_000_000, 413),
    ],
)
async def test_an_offer_that_cannot_be_taken_leaves_nothing(server: InProcessServer, change, status) -> None:
    made = await _camera(server, await server.room())
    reply = await post(server, made["whip"], change(await _offer()), made["token"])
    assert reply.status == status, reply.text
    assert server.application.get(Media).node.mux.known == (0, 0)
    assert await server.metric("livehub_media_publishers") == 0


async def test_only_sdp_is_taken_as_an_offer(server: InProcessServer) -> None:
    made = await _camera(server, await server.room())
    reply = await post(server, made["whip"], await _offer(), made["token"], content_type="text/plain")
    assert reply.status == 415
    reply = await post(server, made["whip"], b"v=0\r\n\xff\xfe", made["token"])
    assert reply.status == 400
    assert server.application.get(Media).node.mux.known == (0, 0)


async def test_tokens_are_of_one_camera_and_can_be_replaced(server: InProcessServer) -> None:
    room = await server.room()
    made, other = await _camera(server, room), await _camera(server, room)
    offer = await _offer()
    assert _error(await post(server, made["whip"], offer)) == (401, "unauthenticated")
    for token in ("wrong", other["token"], server.host.token, "x" * 4_000):
        assert _error(await post(server, made["whip"], offer, token)) == (401, "bad_token")
    assert _error(await post(server, "/media/whip/cam-none", offer, made["token"])) == (404, "camera_not_found")

    async with RawPeer.of(sends=True) as peer:
        await peer.begun(server, made["whip"], made["token"])
        await peer.connected()
        replaced = await server.do("POST", f"/api/rooms/{room}/cameras/{made['id']}/token", {})
        assert await server.metric("livehub_media_publishers") == 0
        assert _error(await post(server, made["whip"], offer, made["token"])) == (401, "bad_token")
    async with RawPeer.of(sends=True) as peer:
        await peer.begun(server, made["whip"], replaced["token"])


async def test_one_publisher_a_camera_and_one_that_is_heard_of_keeps_its_place(open_server) -> None:
    async with open_server(camera_makes_way_s=3.0, **ENOUGH) as server:
        made = await _camera(server, await server.room())
        async with RawPeer.of(sends=True) as first, RawPeer.of(sends=True) as second:
            await first.begun(server, made["whip"], made["token"])
            await first.connected()
            asking = asyncio.create_task(post(server, made["whip"], second.offer(), made["token"]))
            while not asking.done():
                await first.checked()
                await asyncio.wait([asking], timeout=0.1)
            reply = asking.result()
            assert _error(reply) == (409, "camera_busy")
            assert int(reply.headers["Retry-After"]) >= 1
            assert (await first.patch(server, "", made["token"], If_Match=first.etag)).status == 204
            assert await server.metric("livehub_media_publishers") == 1


async def test_a_publisher_that_comes_back_at_once_is_let_in_when_its_old_session_has_gone_silent(open_server) -> None:
    async with open_server(camera_makes_way_s=0.5, **ENOUGH) as server:
        made = await _camera(server, await server.room())
        async with RawPeer.of(sends=True) as first, RawPeer.of(sends=True) as second:
            location = await first.begun(server, made["whip"], made["token"])
            await first.connected()
            await first.vanish()
            reply = await post(server, made["whip"], second.offer(), made["token"])
            assert (reply.status, reply.headers["Content-Type"]) == (201, SDP)
            assert await server.metric("livehub_media_publishers") == 1
            assert (await request(server, "DELETE", location, "", made["token"], {})).status == 404


async def test_who_waits_for_a_camera_whose_token_is_replaced_is_refused(open_server) -> None:
    async with open_server(camera_makes_way_s=4.0, **ENOUGH) as server:
        room = await server.room()
        made = await _camera(server, room)
        async with RawPeer.of(sends=True) as first, RawPeer.of(sends=True) as second:
            await first.begun(server, made["whip"], made["token"])
            waiting = asyncio.create_task(post(server, made["whip"], second.offer(), made["token"]))
            await asyncio.wait([waiting], timeout=0.3)
            assert not waiting.done()
            await server.do("POST", f"/api/rooms/{room}/cameras/{made['id']}/token", {})
            assert _error(await waiting) == (401, "bad_token")
            assert await server.metric("livehub_media_publishers") == 0


@pytest.mark.parametrize(
    ("method", "path", "refusal"),
    [("POST", "/token", (401, "bad_token")), ("DELETE", "", (404, "camera_not_found"))],
)
async def test_a_token_that_is_taken_away_while_the_offer_comes_begins_nothing(
    server: InProcessServer, method: str, path: str, refusal: tuple[int, str]
) -> None:
    room = await server.room()
    made = await _camera(server, room)
    offer = (await _offer()).encode()
    is_let_in = asyncio.Event()

    async def body() -> AsyncIterator[bytes]:
        yield offer[:50]
        await is_let_in.wait()
        yield offer[50:]

    async def is_reading() -> bool:
        return len(server.application.get(Media).node.sessions._limit) == 1  # the token was good

    headers = {"Content-Type": SDP, "Authorization": f"Bearer {made['token']}"}
    async with asyncio.TaskGroup() as tasks:
        url = f"{server.url}{made['whip']}"
        sending = tasks.create_task(server.session.post(url, data=body(), headers=headers))
        await eventually(is_reading)
        await server.do(method, f"/api/rooms/{room}/cameras/{made['id']}{path}", {} if path else None)
        is_let_in.set()
    async with sending.result() as answer:
        assert (answer.status, (await answer.json(content_type=None))["name"]) == refusal
    assert await server.metric("livehub_media_publishers") == 0


async def test_a_token_that_is_being_replaced_as_a_session_begins_begins_nothing(server: InProcessServer) -> None:
    room = await server.room()
    made = await _camera(server, room)
    async with RawPeer.of(sends=True) as peer:
        async with server.application.database.transaction() as tx:
            await new_token(tx, room, made["id"])
            beginning = asyncio.create_task(post(server, made["whip"], peer.offer(), made["token"]))
            await asyncio.wait([beginning], timeout=0.5)
            assert not beginning.done()
        assert _error(await beginning) == (401, "bad_token")
    assert await server.metric("livehub_media_publishers") == 0


async def test_nobody_is_held_for_longer_than_clients_wait(open_server) -> None:
    async with open_server(camera_makes_way_s=600.0, **ENOUGH) as server:
        made = await _camera(server, await server.room())
        async with RawPeer.of(sends=True) as first, RawPeer.of(sends=True) as second:
            await first.begun(server, made["whip"], made["token"])
            reply = await post(server, made["whip"], second.offer(), made["token"])
            assert _error(reply) == (409, "camera_busy")
            assert 590 < int(reply.headers["Retry-After"]) <= 601


async def test_sessions_are_patched_with_care(server: InProcessServer) -> None:
    made = await _camera(server, await server.room())
    token = made["token"]
    async with RawPeer.of(sends=True) as peer:
        await peer.begun(server, made["whip"], token)
        await peer.connected()
        trickled = (
            f"a=ice-ufrag:{peer.ufrag}\r\na=ice-pwd:{peer.password}\r\nm=video 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:0\r\n"
            "a=candidate:1 1 udp 1 192.0.2.1 9 typ host\r\n"
        )
        for condition in (peer.etag, f'"other", {peer.etag}', f'W/"other",{peer.etag} , "x"'):
            reply = await peer.patch(server, trickled, token, If_Match=condition)
            assert (reply.status, reply.headers.get("ETag"), reply.text) == (204, None, "")
        for condition in (f"W/{peer.etag}", '"a", "b"', peer.etag.strip('"')):
            assert (await peer.patch(server, trickled, token, If_Match=condition)).status == 412
        assert (await peer.patch(server, trickled, token)).status == 428
        assert (await peer.patch(server, trickled, token, If_Match='"another"')).status == 412
        assert (await peer.patch(server, trickled, None, If_Match=peer.etag)).status == 401
        assert (await peer.patch(server, "a=mid:0\r\n", token, If_Match="*")).status == 400
        assert (await peer.patch(server, "x" * 1_000_000, token, If_Match=peer.etag)).status == 413
        reply = await peer.patch(server, trickled, token, If_Match=peer.etag, Content_Type="application/sdp")
        assert reply.status == 415

        before, etag = dict(peer.remote), peer.etag
        peer.ufrag, peer.password = "restarted", "r" * 24
        fragment = f"a=ice-ufrag:{peer.ufrag}\r\na=ice-pwd:{peer.password}\r\n"
        reply = await peer.patch(server, fragment, token, If_Match="*")
        assert (reply.status, reply.headers["Content-Type"]) == (200, FRAGMENT)
        assert reply.headers["ETag"] != etag
        peer.learn(reply.text)
        assert peer.remote["ice-ufrag"] != before["ice-ufrag"]
        await peer.checked()  # with the new credentials, on the connection that DTLS knows
        for _ in range(3):  # nothing comes of these
            reply = await peer.patch(server, fragment, token, If_Match="*")
        assert server.application.get(Media).node.mux.known == (2, 1)
        renewed = reply.headers["ETag"]
        trickled = fragment + "m=video 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:0\r\na=end-of-candidates\r\n"
        assert (await peer.patch(server, trickled, token, If_Match=etag)).status == 412
        assert (await peer.patch(server, trickled, token, If_Match=renewed)).status == 204
        # New credentials are a restart under the current ETag too, and nothing under an old one.
        peer.ufrag, peer.password = "oncemore", "s" * 24
        fragment = f"a=ice-ufrag:{peer.ufrag}\r\na=ice-pwd:{peer.password}\r\n"
        assert (await peer.patch(server, fragment, token, If_Match=etag)).status == 412
        reply = await peer.patch(server, fragment, token, If_Match=renewed)
        assert (reply.status, reply.headers["ETag"] != renewed) == (200, True)
        peer.learn(reply.text)
        await peer.checked()
        assert await server.metric("livehub_media_publishers") == 1


async def test_a_session_ends_once_and_is_unknown_from_then_on(server: InProcessServer) -> None:
    made = await _camera(server, await server.room())
    token = made["token"]
    async with RawPeer.of(sends=True) as peer:
        location = await peer.begun(server, made["whip"], token)
        await peer.connected()
        assert (await request(server, "DELETE", location, "", None, {})).status == 401
        assert (await request(server, "DELETE", location + "x", "", token, {})).status == 404
        assert await server.metric("livehub_media_publishers") == 1
        assert (await request(server, "DELETE", location, "", token, {})).status == 200
        assert (await request(server, "DELETE", location, "", token, {})).status == 404
        assert (await peer.patch(server, "", token, If_Match=peer.etag)).status == 404
        assert server.application.get(Media).node.mux.known == (0, 0)
    for method in ("PATCH", "DELETE"):
        reply = await request(server, method, "/media/sessions/none", "", None, {"Content-Type": FRAGMENT})
        assert _error(reply) == (404, "media_session_not_found")


async def test_who_asks_for_a_picture_that_is_not_there_is_told_so(server: InProcessServer) -> None:
    room = await server.room()
    async with RawPeer.of(sends=False) as peer:
        assert _error(await post(server, f"/media/whep/{room}", peer.offer())) == (404, "no_picture")
        assert _error(await post(server, f"/media/whep/{room}/cam-none", peer.offer())) == (401, "unauthenticated")
        reply = await post(server, f"/media/whep/{room}/cam-none", peer.offer(), server.host.token)
        assert _error(reply) == (404, "camera_not_found")
    assert server.application.get(Media).node.mux.known == (0, 0)


async def test_one_address_begins_so_many_sessions_a_second(open_server) -> None:
    async with open_server(media_sessions_per_s_max=0.1, media_sessions_burst_max=3) as server:
        made = await _camera(server, await server.room())
        replies = [await post(server, made["whip"], "garbage", made["token"]) for _ in range(4)]
        assert [reply.status for reply in replies] == [400, 400, 400, 429]
        assert int(replies[-1].headers["Retry-After"]) >= 1


async def test_endpoints_and_sessions_answer_get_with_nothing(server: InProcessServer) -> None:
    room = await server.room()
    made = await _camera(server, room)
    async with RawPeer.of(sends=True) as peer:
        location = await peer.begun(server, made["whip"], made["token"])
        for method in ("GET", "HEAD"):
            for path in (made["whip"], f"/media/whep/{room}", f"/media/whep/{room}/{made['id']}"):
                reply = await request(server, method, path, "", None, {})
                assert (reply.status, reply.text) == (204, ""), path
            assert (await request(server, method, location, "", made["token"], {})).status == 204
            assert (await request(server, method, location, "", None, {})).status == 401
            assert (await request(server, method, location + "x", "", made["token"], {})).status == 404
            assert (await request(server, method, "/media/sessions/none", "", None, {})).status == 404
        assert (await request(server, "PUT", made["whip"], "", made["token"], {})).status == 405


async def test_pages_of_any_origin_may_read_every_answer(open_server) -> None:
    async with open_server(media_ice_servers="turn:192.0.2.9:3478 farm secret", **ENOUGH) as server:
        room = await server.room()
        made = await _camera(server, room)
        origin = {"Origin": "https://studio.example"}
        asked = {"Access-Control-Request-Method": "PATCH", "Access-Control-Request-Headers": "authorization,if-match"}
        for path in (made["whip"], f"/media/whep/{room}", f"{made['whip']}/none", "/media/sessions/none"):
            reply = await request(server, "OPTIONS", path, "", None, {**origin, **asked})
            assert reply.status == 204
            assert reply.headers["Access-Control-Allow-Origin"] == "*"
            assert "PATCH" in reply.headers["Access-Control-Allow-Methods"]
            assert {"Authorization", "Content-Type", "If-Match"} <= set(
                reply.headers["Access-Control-Allow-Headers"].split(", ")
            )
            assert "Link" not in reply.headers  # no page can read it
        assert "turn:192.0.2.9" in (await request(server, "OPTIONS", made["whip"], "", None, {})).headers["Link"]
        refused = await request(server, "POST", made["whip"], "v=0", made["token"], {**origin, "Content-Type": SDP})
        assert (refused.status, refused.headers["Access-Control-Allow-Origin"]) == (400, "*")
        refused = await request(server, "PATCH", "/media/sessions/none", "", None, origin)
        assert (refused.status, refused.headers["Access-Control-Allow-Origin"]) == (404, "*")


async def test_one_address_cannot_hold_the_places_of_viewers_that_have_not_connected(open_server, kit: Kit) -> None:
    async with open_server(whep_unconnected_max=2, trust_proxy=True, **ENOUGH) as server:
        room = await server.room()
        made = await _camera(server, room)
        async with publishing(server, made, kit), AsyncExitStack() as stack:

            async def is_shown() -> bool:
                return room in server.application.get(Media).node.programs.running

            await eventually(is_shown)
            peers = [await stack.enter_async_context(RawPeer.of(sends=False)) for _ in range(4)]

            async def joined(peer: RawPeer, address: str) -> Reply:
                headers = {"Content-Type": SDP, "X-Forwarded-For": address}
                return await request(server, "POST", f"/media/whep/{room}", peer.offer(), None, headers)

            assert [(await joined(peer, "2001:db8::1")).status for peer in peers[:2]] == [201, 201]
            refused = await joined(peers[2], "2001:db8::2")  # of the same network
            assert _error(refused) == (429, "too_fast")
            # Who may not begin one is told so before anything of the offer is read.
            unread = {"Content-Type": SDP, "X-Forwarded-For": "2001:db8::3"}
            assert (await request(server, "POST", f"/media/whep/{room}", "garbage", None, unread)).status == 429
            assert await server.metric("livehub_media_viewers") == 2
            assert (await joined(peers[2], "2001:db8:0:1::2")).status == 201
            taken = await joined(peers[3], "192.0.2.7")
            assert taken.status == 201
            peers[3].learn(taken.text)
            await peers[3].connected()
            # Who is connected does not count.
            again = [await joined(peers[0], "192.0.2.7") for _ in range(3)]
            assert [reply.status for reply in again] == [201, 201, 429]
            # As a socket of both IP versions tells it: the same client, and another one.
            assert (await joined(peers[0], "::ffff:192.0.2.7")).status == 429
            assert (await joined(peers[0], "::ffff:192.0.2.8")).status == 201
