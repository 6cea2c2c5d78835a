"""Bounded answers of what anchors ask over HTTP."""

from collections.abc import Mapping

import aiohttp

from trace.anchor.protocol import AnchorAway


async def answered(
    session: aiohttp.ClientSession,
    url: str,
    *,
    body: bytes | None = None,
    headers: Mapping[str, str],
    timeout_s: float,
    bytes_max: int,
) -> bytes | None:
    """What is answered to a POST of `body`, or to a GET; None: there is nothing there (404). Raises AnchorAway."""
    method = "GET" if body is None else "POST"
    timeout = aiohttp.ClientTimeout(total=timeout_s)
    try:
        async with session.request(
            method, url, data=body, headers=headers, timeout=timeout, allow_redirects=False
        ) as answer:
            if method == "GET" and answer.status == 404:
                return None
            if answer.status != 200:
                wait = answer.headers.get("Retry-After", "")
                kind = "too_many" if answer.status == 429 else "http"
                raise AnchorAway(kind, f"HTTP {answer.status}", float(wait) if wait.isdecimal() else 0.0)
            content = b""
            async for part in answer.content.iter_any():
                content += part
                if len(content) > bytes_max:
                    raise AnchorAway("unreadable", f"an answer of more than {bytes_max:,} bytes")
            return content
    except TimeoutError as error:
        raise AnchorAway("timeout", "no answer in time") from error
    except (aiohttp.ClientError, OSError, ValueError) as error:
        raise AnchorAway("connection", f"no answer ({type(error).__name__})") from error
