"""What is looked at of a signed message before its signature is. Pure: no I/O, no clock.

A message of WeChat Pay carries five headers. One that has other ones, or is old, is refused by this alone: the library
never sees it. So nothing that a stranger writes there can make it do anything.
"""

import binascii
from base64 import b64decode
from collections.abc import Mapping
from typing import Literal

SIGNATURE_TYPE = "WECHATPAY2-SHA256-RSA2048"
PROBE = "WECHATPAY/SIGNTEST/"  # a false signature, sent now and then to see that it is refused
HEADERS = (
    "Wechatpay-Timestamp",
    "Wechatpay-Nonce",
    "Wechatpay-Signature",
    "Wechatpay-Serial",
    "Wechatpay-Signature-Type",
)
NONCE_CHARS_MAX = 128
SIGNATURE_BYTES = (256, 512)  # of RSA 2048 and 4096

Fault = Literal["headers", "type", "serial", "age", "probe", "signature"]


def is_fresh(stamp: str, *, now_s: float, s_max: float) -> bool:
    """Whether that moment, Unix seconds in digits, is no longer than `s_max` ago, nor ahead."""
    return stamp.isascii() and stamp.isdigit() and len(stamp) <= 12 and abs(now_s - int(stamp)) <= s_max


def signing(headers: Mapping[str, str]) -> dict[str, str]:
    """The five of them, and no others, whatever the case of their names; "" for one that is not there."""
    given = {name.lower(): value for name, value in headers.items()}
    return {name: given.get(name.lower(), "") for name in HEADERS}


def fault_of(headers: Mapping[str, str], *, serial: str, now_s: float, s_max: float) -> Fault | None:
    """Why a message with these headers is not to be taken; `serial`: the id of the one key that we know."""
    given = signing(headers)
    if not all(given.values()) or len(given["Wechatpay-Nonce"]) > NONCE_CHARS_MAX:
        return "headers"
    if given["Wechatpay-Signature-Type"] != SIGNATURE_TYPE:
        return "type"
    if given["Wechatpay-Serial"] != serial:
        return "serial"
    if not is_fresh(given["Wechatpay-Timestamp"], now_s=now_s, s_max=s_max):
        return "age"
    return _signature_fault(given["Wechatpay-Signature"])


def _signature_fault(signature: str) -> Fault | None:
    if signature.startswith(PROBE):
        return "probe"
    try:
        data = b64decode(signature, validate=True)
    except (binascii.Error, ValueError):
        return "signature"
    return None if len(data) in SIGNATURE_BYTES else "signature"
