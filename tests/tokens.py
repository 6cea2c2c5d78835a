"""JSON Web Tokens (RFC 7515) as somebody else than livehub makes them, good ones and bad."""

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping

HASHES = {"HS256": "sha256", "HS384": "sha384", "HS512": "sha512"}


def part(value: object) -> str:
    """One part of a token."""
    return _base64(json.dumps(value).encode())


def jwt(claims: Mapping[str, object], secret: str, algorithm: str = "HS256") -> str:
    """`claims`, signed. With the algorithm `none` the signature is empty."""
    signed = f"{part({'alg': algorithm, 'typ': 'JWT'})}.{part(claims)}"
    if algorithm == "none":
        return f"{signed}."
    return f"{signed}.{_base64(hmac.digest(secret.encode(), signed.encode(), getattr(hashlib, HASHES[algorithm])))}"


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
