"""WHIP and WHEP over HTTP (RFC 9725): what is refused, with which status, and that nothing is left of it."""

import pytest

from media.module import Media
from tests.integration.server import InProcessServer, eventually
from tests.media.integration.peers import FRAGMENT, RawPeer, Reply, post, request

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


async def test_one_publisher_a_camera_and_a_silent_one_makes_way(open_server) -> None:
    async with open_server(camera_makes_way_s=0.5, **ENOUGH) as server:
        made = await _camera(server, await server.room())
        async with RawPeer.of(sends=True) as first, RawPeer.of(sends=True) as second:
            location = await first.begun(server, made["whip"], made["token"])
            await first.connected()
            reply = await post(server, made["whip"], second.offer(), made["token"])
            assert _error(reply) == (409, "camera_busy")
            assert int(reply.headers["Retry-After"]) >= 1
            assert (await first.patch(server, "", made["token"], If_Match=first.etag)).status == 204
            await first.vanish()

            async def has_made_way() -> bool:
                return (await post(server, made["whip"], second.offer(), made["token"])).status == 201

            await eventually(has_made_way)
            assert await server.metric("livehub_media_publishers") == 1
            assert (await request(server, "DELETE", location, "", made["token"], {})).status == 404


async def test_sessions_are_patched_with_care(server: InProcessServer) -> None:
    made = await _camera(server, await server.room())
    token = made["token"]
    async with RawPeer.of(sends=True) as peer:
        await peer.begun(server, made["whip"], token)
        await peer.connected()
        trickled = "a=mid:0\r\na=candidate:1 1 udp 1 192.0.2.1 9 typ host\r\n"
        assert (await peer.patch(server, trickled, token, If_Match=peer.etag)).status == 204
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
        assert (reply.status, reply.headers["Content-Type"].partition(";")[0]) == (200, FRAGMENT)
        assert reply.headers["ETag"] != etag
        peer.learn(reply.text)
        assert peer.remote["ice-ufrag"] != before["ice-ufrag"]
        await peer.checked()  # with the new credentials, on the connection that DTLS knows
        for _ in range(3):  # nothing comes of these
            reply = await peer.patch(server, fragment, token, If_Match="*")
        assert server.application.get(Media).node.mux.known == (2, 1)
        assert (await peer.patch(server, trickled, token, If_Match=etag)).status == 412
        assert (await peer.patch(server, trickled, token, If_Match=reply.headers["ETag"])).status == 204
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
