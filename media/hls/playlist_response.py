"""The answer with a playlist: kept compressed, and unpacked for whoever does not take gzip (RFC 9110, 12.5.3)."""

import zlib

from aiohttp import hdrs, web

from livehub.base.accept_encoding import chosen
from media.hls.playlist import TYPE

_GZIP = 31  # zlib's window bits for a gzip stream


def gzipped(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=_GZIP)
    return packer.compress(data) + packer.flush()


def playlist_response(request: web.Request, zipped: bytes, keep: str) -> web.Response:
    """`keep`: the answer's Cache-Control."""
    headers = {hdrs.CACHE_CONTROL: keep, hdrs.VARY: hdrs.ACCEPT_ENCODING, hdrs.CONTENT_TYPE: TYPE}
    if chosen(",".join(request.headers.getall(hdrs.ACCEPT_ENCODING, ())), ["gzip"]):
        headers[hdrs.CONTENT_ENCODING] = "gzip"
        return web.Response(body=zipped, headers=headers)
    return web.Response(body=zlib.decompress(zipped, _GZIP), headers=headers)
