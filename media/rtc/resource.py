"""The HTTP of a WebRTC session, the same for WHIP (RFC 9725) and WHEP (draft-ietf-wish-whep): offer in, resource out.

POST endpoint  offer     -> 201, Location, ETag, answer           PATCH resource  If-Match: etag  candidates   -> 204
DELETE resource          -> 200                                   PATCH resource  If-Match: "*"   ICE restart  -> 200, ETag
"""

import time

from aiohttp import web

from livehub.base.errors import BadRequest, UnsupportedMediaType
from livehub.base.http import read_body
from media.errors import BadOffer, PreconditionFailed, PreconditionRequired
from media.rtc.ice_servers import links_of
from media.rtc.sdp import read_fragment
from media.rtc.session import RtcSession
from media.settings import MediaConfig

SDP = "application/sdp"
FRAGMENT = "application/trickle-ice-sdpfrag"
# Sessions are authorised by bearer tokens, never by cookies, so pages of any origin may speak to them.
CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "POST, PATCH, DELETE, OPTIONS",
    "Access-Control-Allow-Headers": "Authorization, Content-Type, If-Match",
    "Access-Control-Expose-Headers": "Location, ETag, Link, Retry-After",
    "Access-Control-Max-Age": "86400",
}


async def read_sdp(request: web.Request, config: MediaConfig) -> str:
    """The offer in the body. Raises UnsupportedMediaType, BadRequest, and what `read_body` raises."""
    return await _body(request, config, SDP)


def created(session: RtcSession, location: str, answer: str, config: MediaConfig) -> web.Response:
    response = web.Response(status=201, text=answer, content_type=SDP, headers={**CORS, **_links(config)})
    response.headers.update({"Location": location, "ETag": session.etag, "Cache-Control": "no-store"})
    return response


def options(config: MediaConfig) -> web.Response:
    """What a client may ask before it has an offer: which STUN and TURN servers there are."""
    return web.Response(status=204, headers={**CORS, **_links(config), "Accept-Post": SDP, "Accept-Patch": FRAGMENT})


async def patch(request: web.Request, session: RtcSession, config: MediaConfig) -> web.Response:
    """Trickled candidates, which a lite agent has no use for, or an ICE restart. RFC 9725, section 4.3."""
    condition = request.headers.get("If-Match", "").strip()
    if not condition:
        raise PreconditionRequired
    fragment = read_fragment(await _body(request, config, FRAGMENT))
    is_restart = condition in ("*", '"*"')
    if not is_restart and condition != session.etag:
        raise PreconditionFailed
    if not is_restart:
        return web.Response(status=204, headers={**CORS, "ETag": session.etag})
    if fragment.remote is None:
        raise BadOffer("An ICE restart brings a=ice-ufrag and a=ice-pwd.")
    text = session.restart(fragment.remote)
    return web.Response(text=text, content_type=FRAGMENT, headers={**CORS, "ETag": session.etag})


def ended() -> web.Response:
    return web.Response(status=200, headers=CORS)


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
