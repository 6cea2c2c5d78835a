"""A few questions to an Ethereum RPC without any library: for whoever only checks. Every answer is bounded in time and size.

Blocking calls: an event loop makes them in a thread.
"""

import json
import urllib.error
import urllib.request
from http.client import HTTPException
from typing import Any
from urllib.parse import urlsplit

ANSWER_BYTES_MAX = 5_000_000  # a block's hashes, of the largest chains
TIMEOUT_S = 10.0


class RpcError(Exception):
    """There is no answer, or it is none of a node."""


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_arguments: Any) -> None:
        return None


def ask(url: str, method: str, *arguments: Any, timeout_s: float = TIMEOUT_S) -> Any:
    """The result of a call. Raises RpcError."""
    if urlsplit(url).scheme not in ("http", "https"):
        raise RpcError("the address of an RPC begins with http:// or https://")
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": arguments}).encode()
    request = urllib.request.Request(url, body, {"Content-Type": "application/json"})  # noqa: S310  (looked at above)
    try:
        with urllib.request.build_opener(_NoRedirects).open(request, timeout=timeout_s) as answer:
            raw = answer.read(ANSWER_BYTES_MAX + 1)
    except urllib.error.HTTPError as error:
        raise RpcError(f"HTTP {error.code}") from error
    except (OSError, HTTPException, ValueError) as error:
        raise RpcError(f"no answer of {urlsplit(url).hostname} ({type(error).__name__})") from error
    if len(raw) > ANSWER_BYTES_MAX:
        raise RpcError(f"an answer of more than {ANSWER_BYTES_MAX:,} bytes")
    try:
        said = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise RpcError("the answer is no JSON: this is no RPC of a node") from error
    if not isinstance(said, dict) or "result" not in said:
        refusal = said.get("error") if isinstance(said, dict) else None
        words = refusal.get("message") if isinstance(refusal, dict) else None
        raise RpcError(f"the node refuses {method}: {str(words or 'it says nothing')[:200]}")
    return said["result"]


def chain_id(url: str, *, timeout_s: float = TIMEOUT_S) -> int:
    """Raises RpcError."""
    return number(ask(url, "eth_chainId", timeout_s=timeout_s))


def number(value: Any) -> int:
    """A quantity as RPCs write it: 0x1f. Raises RpcError."""
    try:
        if not str(value).startswith("0x"):
            raise ValueError
        return int(value, 16)
    except (TypeError, ValueError) as error:
        raise RpcError("the node answers with what is no number") from error
