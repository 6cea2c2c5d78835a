"""The HTTP of a WebRTC session, the same for WHIP (RFC 9725) and WHEP (draft-ietf-wish-whep): offer in, resource out.

POST endpoint  offer -> 201, Location, ETag, answer     PATCH resource  If-Match: etag  candidates        -> 204
GET endpoint, resource -> 204                           PATCH resource  If-Match: etag  new credentials   -> 200, ETag
DELETE resource -> 200                                  PATCH resource  If-Match: *     an ICE restart    -> 200, ETag
"""

import re
import time

from aiohttp import web

from livehub.base.bodies import read_body
from livehub.base.errors import BadRequest, UnsupportedMediaType
from media.errors import BadOffer, PreconditionFailed, PreconditionRequired
from media.rtc.ice_servers import links_of
from media.rtc.sdp import read_fragment
from media.rtc.session import RtcSession
from media.settings import MediaConfig

SDP = "application/sdp"
FRAGMENT = "application/trickle-ice-sdpfrag"
# A list of entity tags (RFC 9110, section 13.1.1); weak ones never match (section 8.8.3.2), so `W/` stays with them.
_ENTITY_TAGS = re.compile(r'(?:W/)?"[^"]*"')


async def read_sdp(request: web.Request, config: MediaConfig) -> str:
    """The offer in the body. Raises UnsupportedMediaType, BadRequest, and what `read_body` raises."""
    return await _body(request, config, SDP)


def created(session: RtcSession, location: str, answer: str, config: MediaConfig) -> web.Response:
    response = web.Response(status=201, body=answer.encode(), content_type=SDP, headers=_links(config))
    response.headers.update({"Location": location, "ETag": session.etag, "Cache-Control": "no-store"})
    return response


def options(request: web.Request, config: MediaConfig) -> web.Response:
    """What a client may ask before it has an offer: which STUN and TURN servers there are.

    A browser's preflight hears nothing of them, since no page can read its answer (RFC 9725, section 4.6).
    """
    is_preflight = "Access-Control-Request-Method" in request.headers
    links = {} if is_preflight else _links(config)
    return web.Response(status=204, headers={**links, "Accept-Post": SDP, "Accept-Patch": FRAGMENT})


def empty() -> web.Response:
    """GET and HEAD: success, and nothing to see (RFC 9725, section 4)."""
    return web.Response(status=204, headers={"Cache-Control": "no-store"})


async def patch(request: web.Request, session: RtcSession, config: MediaConfig) -> web.Response:
    """Trickled candidates, which a lite agent has no use for, or an ICE restart. RFC 9725, section 4.3.

    New credentials are a restart also under the current ETag, instead of `*`. Under an old one nothing is done.
    """
    condition = ",".join(request.headers.getall("If-Match", ())).strip()
    if not condition:
        raise PreconditionRequired
    fragment = read_fragment(await _body(request, config, FRAGMENT))
    is_any = condition in ("*", '"*"')
    if not is_any and session.etag not in _ENTITY_TAGS.findall(condition):
        raise PreconditionFailed
    if is_any and fragment.remote is None:
        raise BadOffer("An ICE restart brings a=ice-ufrag and a=ice-pwd.")
    # Under `*` also with credentials that are known: the answer to the first such request may have been lost.
    if fragment.remote is None or (fragment.remote == session.remote and not is_any):
        return web.Response(status=204)
    body = session.restart(fragment.remote).encode()  # as bytes: neither type has a charset parameter
    return web.Response(body=body, content_type=FRAGMENT, headers={"ETag": session.etag})


def ended() -> web.Response:
    return web.Response(status=200)


async def _body(request: web.Request, config: MediaConfig, content_type: str) -> str:
    if request.content_type != content_type:
        raise UnsupportedMediaType(f"Send {content_type}.")
    raw = await read_body(request, config, config.media_sdp_bytes_max)
    try:
        return raw.decode()
    except UnicodeDecodeError as error:
        raise BadRequest("The SDP is not UTF-8.") from error


def _links(config: MediaConfig) -> dict[str, str]:
    links = links_of(
        config.media_ice_servers, secret=config.media_turn_secret, ttl_s=config.media_turn_ttl_s, now_s=time.time()
    )
    return {"Link": links} if links else {}
