"""Settings of sign-in."""

from typing import Annotated

from livehub.base.config import Config, described


class SessionsConfig(Config, frozen=True, kw_only=True):
    """What sign-in reads."""

    sign_in_by_name: Annotated[bool, described("POST /api/session {name} gives a viewer's token")] = False
    guest_token_ttl_s: Annotated[int, described("life of a guest's token", ge=60, le=31_536_000)] = 86_400
    sessions_per_s_max: Annotated[float, described("tokens given a second to one address", gt=0, le=1_000_000)] = 5.0
    sessions_burst_max: Annotated[int, described("tokens given at once to one address", ge=1)] = 200
