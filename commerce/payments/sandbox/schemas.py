"""Bodies of the sandbox's HTTP calls. Pure: no I/O."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from commerce.payments.sandbox.signed import PAGE_KEY_CHARS

Key = Annotated[str, Meta(max_length=PAGE_KEY_CHARS, pattern=r"^[A-Za-z0-9_-]*$")]

DELAY_MS_MAX = 86_400_000


class SandboxPress(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How somebody presses a button. `key`: of the page, for a buyer who is not signed in on this device."""

    delay_ms: Annotated[int, Meta(ge=0, le=DELAY_MS_MAX)] = 0
    notify: Literal["none", "once", "twice"] = "once"
    key: Key = ""


class SandboxQuery(Struct, frozen=True, kw_only=True):
    """`key`: of the page."""

    key: Key = ""


class SandboxPayment(Struct, frozen=True, kw_only=True):
    """A payment as the sandbox has it."""

    payment: str
    state: Literal["open", "paid", "failed", "closed"]
    amount_minor: int
    currency: str
    closes_ts: int
    return_url: str
