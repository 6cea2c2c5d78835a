"""Tencent Cloud's signature of a request, TC3-HMAC-SHA256. Pure: no I/O, no clock.

Signed are the body, its type, the host and the time, with a key of that day and service.
https://www.tencentcloud.com/document/product/1021/34193
"""

import hashlib
import hmac
from datetime import UTC, datetime

CONTENT_TYPE = "application/json; charset=utf-8"
_ALGORITHM = "TC3-HMAC-SHA256"
_SIGNED = "content-type;host"
_END = "tc3_request"


def authorization(*, secret_id: str, secret_key: str, service: str, host: str, body: bytes, now_s: int) -> str:
    """The Authorization header of a POST of `body`, JSON sent as CONTENT_TYPE, to the root of `host`.

    `host`: as the Host header has it. `now_s`: Unix time, as X-TC-Timestamp has it; Tencent takes it for five minutes.
    """
    date = datetime.fromtimestamp(now_s, UTC).date().isoformat()
    scope = f"{date}/{service}/{_END}"
    headers = f"content-type:{CONTENT_TYPE}\nhost:{host}\n"
    request = "\n".join(("POST", "/", "", headers, _SIGNED, _sha256(body)))
    to_sign = "\n".join((_ALGORITHM, str(now_s), scope, _sha256(request.encode())))
    key = f"TC3{secret_key}".encode()
    for part in (date, service, _END):
        key = hmac.digest(key, part.encode(), hashlib.sha256)
    signature = hmac.digest(key, to_sign.encode(), hashlib.sha256).hex()
    return f"{_ALGORITHM} Credential={secret_id}/{scope}, SignedHeaders={_SIGNED}, Signature={signature}"


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
