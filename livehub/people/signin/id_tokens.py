"""What an OpenID provider says of a person: whether it is so signed, for us, now, and for this sign-in. Pure: time and keys are
arguments. (OpenID Connect Core 1.0, section 3.1.3.7)

`joserfc`, with the `cryptography` under it, takes 20 MB of a process, so it is loaded when the first member of staff comes.
"""

import hmac
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from msgspec import Struct

from livehub.base.auth import Role
from livehub.people.errors import BadIdToken
from livehub.people.signin.elsewhere import unb64

TOKEN_CHARS_MAX = 16_384
SKEW_S = 60  # clocks of machines differ
AGE_S_MAX = 900  # of a token that was made for this sign-in
SUBJECT_CHARS_MAX = 255
KINDS = {"RS": "RSA", "PS": "RSA", "ES": "EC"}  # kty of keys by the first letters of `alg`


class Header(Struct, frozen=True, kw_only=True):
    """What says by which key it is signed. It is not trusted: `alg` has to be one that we allow."""

    alg: str
    kid: str | None = None


class UnknownKey(Exception):
    """There is no key of this id among those of the provider."""


def header(token: str, algorithms: Sequence[str]) -> Header:
    """Raises BadIdToken for what is none, or is signed in a way that is not allowed: `none`, say, or HS256, whose key would be
    the provider's public one."""
    if len(token) > TOKEN_CHARS_MAX or token.count(".") != 2:
        raise BadIdToken
    try:
        found = msgspec.json.decode(unb64(token.partition(".")[0]), type=Header)
    except msgspec.DecodeError as error:
        raise BadIdToken from error
    if found.alg not in algorithms:
        raise BadIdToken
    return found


def key_of(header: Header, keys: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    """The JWK that it names; without a name the only one that it can be. Raises UnknownKey."""
    kind = KINDS[header.alg[:2]]
    fitting = [key for key in keys if key.get("kty") == kind and key.get("use", "sig") == "sig"]
    named = [key for key in fitting if header.kid is None or key.get("kid") == header.kid]
    if len(named) != 1:
        raise UnknownKey
    return named[0]


def claims(token: str, key: Mapping[str, Any], algorithms: Sequence[str]) -> dict[str, Any]:
    """What is said, if that key signed it. Raises BadIdToken. Loads `joserfc`: not for the event loop."""
    from joserfc import jwk, jwt  # noqa: PLC0415  # see above
    from joserfc.errors import JoseError  # noqa: PLC0415

    try:
        public: dict[str, str | list[str]] = {name: value for name, value in key.items() if isinstance(value, str)}
        return jwt.decode(token, jwk.import_key(public), algorithms=list(algorithms)).claims
    except (JoseError, ValueError, TypeError, KeyError) as error:
        raise BadIdToken from error


def check(said: Mapping[str, Any], *, issuer: str, client_id: str, nonce: str, now_s: float) -> str:
    """The person's `sub`. Raises BadIdToken unless all of it is about this sign-in at our client."""
    audience = said.get("aud")
    audiences = audience if isinstance(audience, list) else [audience]
    azp = said.get("azp")
    subject = said.get("sub")
    ends_s, made_s, starts_s = (_moment(said.get(name)) for name in ("exp", "iat", "nbf"))
    fine = (
        said.get("iss") == issuer
        and client_id in audiences
        and (azp == client_id if azp is not None else len(audiences) == 1)
        and ends_s is not None
        and now_s < ends_s + SKEW_S
        and made_s is not None
        and -SKEW_S <= now_s - made_s <= AGE_S_MAX
        and ("nbf" not in said or (starts_s is not None and starts_s <= now_s + SKEW_S))
        and isinstance(said.get("nonce"), str)
        and hmac.compare_digest(said["nonce"].encode(errors="replace"), nonce.encode())
        and isinstance(subject, str)
        and 0 < len(subject) <= SUBJECT_CHARS_MAX
        and subject.isprintable()
    )
    if not fine:
        raise BadIdToken
    return str(subject)


def signed_in_s(said: Mapping[str, Any], *, now_s: float) -> float | None:
    """When the provider last had the person prove who they are, Unix seconds, now at the latest: a provider in which somebody
    is signed in asks them nothing. None: it does not say. Raises BadIdToken."""
    if said.get("auth_time") is None:
        return None
    at_s = _moment(said["auth_time"])
    if at_s is None or at_s > now_s + SKEW_S:
        raise BadIdToken
    return min(at_s, now_s)


def role(said: Mapping[str, Any], claim: str, roles: Mapping[str, Role]) -> Role | None:
    """What the person is here, by the claim: of several the first in `roles`. None: nothing, and never by default."""
    values = _claim(said, claim)
    given = (
        {values} if isinstance(values, str) else set(filter(_is_text, values)) if isinstance(values, list) else set()
    )
    return next((role for value, role in roles.items() if value in given), None)


def _claim(said: Mapping[str, Any], claim: str) -> Any:
    """`a.b` is `b` in `a`, unless there is a claim of that very name, as those that are addresses have dots."""
    found: Any = said
    for part in [claim] if claim in said else claim.split("."):
        found = found.get(part) if isinstance(found, Mapping) else None
    return found


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _moment(value: Any) -> float | None:
    return (
        float(value) if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 1e11 else None
    )
