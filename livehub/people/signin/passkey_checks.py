"""Passkeys: what a browser is asked for, and whether its answer is good (Web Authentication Level 3, section 7). Pure, but for
`webauthn` and the `cryptography` under it, which take 20 MB and are loaded with the first call: not for the event loop.
"""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from msgspec import Struct

from livehub.people.errors import PasskeyRefused
from livehub.people.persons import Passkey
from livehub.people.signin.elsewhere import b64, unb64

ID_BYTES_MAX = 1_023  # "no more than 1023 bytes in length" (credential id, section 4)
ES256, EDDSA, RS256 = -7, -8, -257  # COSE, the best first; what Windows Hello has is the last


class ClientData(Struct, frozen=True, kw_only=True):
    """Of `clientDataJSON`, what is looked at before the answer is verified."""

    challenge: str


class Framing(Struct, frozen=True, kw_only=True, rename="camel"):
    """Of the same, whether a page of another site had the answer made by a frame of ours."""

    cross_origin: bool | None = None
    top_origin: str | None = None


def user_handle(person: str) -> bytes:
    """What an authenticator knows a person by; nobody learns anything from it."""
    return hashlib.sha256(b"passkey\0" + person.encode()).digest()


def challenge_of(credential: Mapping[str, Any]) -> bytes:
    """That which is answered; b"" if it is no answer."""
    try:
        data = unb64(str(credential["response"]["clientDataJSON"]))
        return unb64(msgspec.json.decode(data, type=ClientData).challenge)
    except (KeyError, TypeError, msgspec.DecodeError, UnicodeDecodeError):
        return b""


def id_of(credential: Mapping[str, Any]) -> str:
    """The id of the passkey, base64url. Raises PasskeyRefused."""
    id_ = credential.get("id")
    raw = unb64(id_) if isinstance(id_, str) and len(id_) <= 2 * ID_BYTES_MAX else b""
    if not 0 < len(raw) <= ID_BYTES_MAX or b64(raw) != id_:
        raise PasskeyRefused
    return b64(raw)


def _check_unframed(credential: Mapping[str, Any]) -> None:
    """No page of another site frames ours (frame-ancestors), so an answer out of one was not asked for by us. "Verify that the
    Relying Party expects that this credential would have been created within an iframe that is not same-origin" (section 7.1,
    steps 10 and 11; for answers 7.2, steps 13 and 14). Raises PasskeyRefused."""
    try:
        data = unb64(str(credential["response"]["clientDataJSON"]))
        framing = msgspec.json.decode(data, type=Framing)
    except (KeyError, TypeError, msgspec.DecodeError, UnicodeDecodeError) as error:
        raise PasskeyRefused from error
    if framing.cross_origin or framing.top_origin is not None:
        raise PasskeyRefused


def _check_user(passkey: Passkey, credential: Mapping[str, Any]) -> None:
    """Whoever was not asked for by name has to be said, and be whom the passkey was made for (section 7.2, step 6). They may
    have become another person since, whose passkey it is now. Raises PasskeyRefused."""
    handle = credential["response"].get("userHandle")
    if passkey.user and handle != passkey.user:
        raise PasskeyRefused


def creation_options(
    *, rp_id: str, rp_name: str, person: str, name: str, challenge: bytes, known: Sequence[str], timeout_ms: int
) -> dict[str, Any]:
    """For `navigator.credentials.create`, as JSON (section 5.1.9). `known`: passkeys that they have already."""
    return {
        "rp": {"id": rp_id, "name": rp_name},
        "user": {"id": b64(user_handle(person)), "name": name, "displayName": name},
        "challenge": b64(challenge),
        "pubKeyCredParams": [{"type": "public-key", "alg": alg} for alg in (ES256, EDDSA, RS256)],
        "timeout": timeout_ms,
        "excludeCredentials": [{"type": "public-key", "id": id_} for id_ in known],
        "authenticatorSelection": {
            "residentKey": "required",
            "requireResidentKey": True,
            "userVerification": "required",
        },
        "attestation": "none",
    }


def request_options(*, rp_id: str, challenge: bytes, timeout_ms: int) -> dict[str, Any]:
    """For `navigator.credentials.get`, as JSON (section 5.1.10): any passkey that the browser has for us."""
    return {
        "challenge": b64(challenge),
        "timeout": timeout_ms,
        "rpId": rp_id,
        "allowCredentials": [],
        "userVerification": "required",
    }


def registered(
    credential: Mapping[str, Any], *, person: str, challenge: bytes, rp_id: str, origin: str, label: str
) -> Passkey:
    """A new passkey. Raises PasskeyRefused."""
    _check_unframed(credential)
    import webauthn  # noqa: PLC0415  # see above
    from webauthn.helpers.cose import COSEAlgorithmIdentifier  # noqa: PLC0415
    from webauthn.helpers.exceptions import WebAuthnException  # noqa: PLC0415

    try:
        found = webauthn.verify_registration_response(
            credential=dict(credential),
            expected_challenge=challenge,
            expected_rp_id=rp_id,
            expected_origin=origin,
            require_user_verification=True,
            supported_pub_key_algs=[COSEAlgorithmIdentifier(alg) for alg in (ES256, EDDSA, RS256)],
        )
    except (WebAuthnException, ValueError, TypeError, KeyError) as error:
        raise PasskeyRefused from error
    if b64(found.credential_id) != id_of(credential):
        raise PasskeyRefused
    return Passkey(
        public_key=b64(found.credential_public_key), count=found.sign_count, label=label, user=b64(user_handle(person))
    )


def used(passkey: Passkey, credential: Mapping[str, Any], *, challenge: bytes, rp_id: str, origin: str) -> Passkey:
    """The same with its new count. Raises PasskeyRefused: also for a count that did not grow, as of a copy."""
    _check_unframed(credential)
    _check_user(passkey, credential)
    import webauthn  # noqa: PLC0415  # see above
    from webauthn.helpers.exceptions import WebAuthnException  # noqa: PLC0415

    try:
        found = webauthn.verify_authentication_response(
            credential=dict(credential),
            expected_challenge=challenge,
            expected_rp_id=rp_id,
            expected_origin=origin,
            credential_public_key=unb64(passkey.public_key),
            credential_current_sign_count=passkey.count,
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError, TypeError, KeyError) as error:
        raise PasskeyRefused from error
    return msgspec.structs.replace(passkey, count=found.new_sign_count)
