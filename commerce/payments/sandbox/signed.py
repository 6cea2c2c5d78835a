"""How the sandbox's notices are signed, and its pages named. Pure: no I/O, no clock, no randomness.

    Sandbox-Signature: t=<Unix s>,n=<nonce>,v1=<hex of HMAC-SHA256(key, "t.n." and the body's bytes)>

The keys are derived of the server's secret, so that there is none to configure, and none that signs anything else.
"""

import hashlib
import hmac
import re
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from typing import Literal

import msgspec
from msgspec import Struct

from commerce.payments.errors import NoticeRefused
from commerce.payments.provider import Notice

HEADER = "Sandbox-Signature"
_FORM = re.compile(r"t=([0-9]{1,12}),n=([0-9a-f]{16,64}),v1=([0-9a-f]{64})", re.ASCII)
PAGE_KEY_CHARS = 22  # of 6 bits


class SandboxNotice(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A body. `total_minor`: what was paid for; `payer_total_minor`: what the payer gave of it, a voucher of the
    provider's the rest."""

    id: str
    type: Literal["payment", "refund"]
    payment: str
    refund: str | None = None
    state: Literal["paid", "failed", "closed", "processing"]
    total_minor: int
    payer_total_minor: int
    currency: str
    ref: str | None = None
    at_ms: int


_DECODER = msgspec.json.Decoder(SandboxNotice)


def key_of(secret: str, use: str) -> bytes:
    """`use`: `notices` or `pages`."""
    return hmac.digest(secret.encode(), f"livehub sandbox {use}".encode(), hashlib.sha256)


def signature(key: bytes, body: bytes, *, at_s: int, nonce: str) -> str:
    """The value of the header."""
    return f"t={at_s},n={nonce},v1={_mac(key, body, str(at_s), nonce)}"


def verified(key: bytes, headers: Mapping[str, str], body: bytes, *, now_s: float, age_s_max: float) -> Notice:
    """What it says. Raises NoticeRefused."""
    form = _FORM.fullmatch(headers.get(HEADER, ""))
    if form is None:
        raise NoticeRefused("There is no signature of this provider.")
    at_s, nonce, mac = form.groups()
    if not hmac.compare_digest(mac, _mac(key, body, at_s, nonce)):
        raise NoticeRefused("The signature is another one.")
    if abs(now_s - int(at_s)) > age_s_max:
        raise NoticeRefused("The notice is too old.")
    try:
        said = _DECODER.decode(body)
    except msgspec.MsgspecError as error:
        raise NoticeRefused("The notice is not in the form of this provider.") from error
    return Notice(
        id=said.id,
        kind=said.type,
        about=(said.refund or "") if said.type == "refund" else said.payment,
        state=said.state,
        amount_minor=said.total_minor,
        currency=said.currency,
        ref=said.ref,
        at_ms=said.at_ms,
        delivery=nonce,
        capture=said.ref if said.type == "payment" and said.state == "paid" else None,
    )


def page_key(key: bytes, payment: str) -> str:
    """Whoever has it may see the page of that payment, and pay it: it is in the address that the buyer is given, on whatever
    device they then open it."""
    digest = hmac.digest(key, payment.encode(), hashlib.sha256)
    return urlsafe_b64encode(digest)[:PAGE_KEY_CHARS].decode()


def is_page_key(key: bytes, payment: str, given: str) -> bool:
    return given.isascii() and hmac.compare_digest(page_key(key, payment), given)


def _mac(key: bytes, body: bytes, at_s: str, nonce: str) -> str:
    return hmac.new(key, f"{at_s}.{nonce}.".encode() + body, hashlib.sha256).hexdigest()
