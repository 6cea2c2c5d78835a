"""How codes get to phones: a Protocol, and any provider that takes a signed HTTP request.

Tencent Cloud's is in tencent_sms.py. `demo` has one of its own that shows codes (livehub/dev/mailbox.py), as a port of this
Protocol. Which of the others is used says LIVEHUB_CODE_SENDER; without one nobody signs in by phone.
"""

import hashlib
import hmac
import logging
from typing import Protocol

import aiohttp
import msgspec

from livehub.base.errors import Unavailable
from livehub.people.settings import PeopleConfig

log = logging.getLogger("livehub.people.code_sender")

RETRY_MS = 10_000


class CodeSender(Protocol):
    """Sends codes. `mailbox`: the path of a page that shows them, where they go nowhere else."""

    mailbox: str | None

    async def send(self, *, challenge: str, phone: str, code: str, purpose: str, now_ms: int) -> None:
        """Have it sent to an E.164 number; returns when the provider has taken it.

        Raises BadPhone and TooFast where the provider refuses this number, CodesExhausted where it refuses all of ours,
        Unavailable where it does not answer. The code stands in no log and no error.
        """


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """The body of the request. `ts`: Unix ms."""

    challenge: str
    phone: str
    code: str
    purpose: str
    ts: int


class HttpCodeSender:
    """POST of a Message as JSON to LIVEHUB_CODE_SENDER_URL, with `X-Signature: hex(HMAC-SHA256(key, body))`; any answer of 200
    to 299 means that it was taken."""

    mailbox: str | None = None

    def __init__(self, config: PeopleConfig) -> None:
        self._url = config.code_sender_url
        self._key = config.code_sender_key.encode()
        self._timeout = aiohttp.ClientTimeout(total=config.code_sender_s_max)
        self._retry_ms = max(RETRY_MS, config.code_resend_s * 1000)  # until then we send that number nothing

    async def send(self, *, challenge: str, phone: str, code: str, purpose: str, now_ms: int) -> None:
        body = msgspec.json.encode(Message(challenge=challenge, phone=phone, code=code, purpose=purpose, ts=now_ms))
        signature = hmac.new(self._key, body, hashlib.sha256).hexdigest()
        headers = {"Content-Type": "application/json", "X-Signature": signature}
        try:
            # One session a code: they are few, and a provider closes what waits for the next.
            async with (
                aiohttp.ClientSession(timeout=self._timeout) as session,
                session.post(self._url, data=body, headers=headers, allow_redirects=False) as answer,
            ):
                if not 200 <= answer.status < 300:
                    log.warning("code_sender.refused", extra={"status": answer.status})
                    raise Unavailable("The code could not be sent.", retry_after_ms=self._retry_ms)
        except (aiohttp.ClientError, TimeoutError) as error:
            log.warning("code_sender.unreachable", extra={"reason": repr(error)})
            raise Unavailable("The code could not be sent.", retry_after_ms=self._retry_ms) from error
