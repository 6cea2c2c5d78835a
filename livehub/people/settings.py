"""Settings of people and their sessions."""

from typing import Annotated

from livehub.base.config import Config, described


class PeopleConfig(Config, frozen=True, kw_only=True):
    """What people and their sessions read."""

    session_s: Annotated[int, described("life of a sign-in of a viewer", ge=3_600, le=31_536_000)] = 7_776_000
    staff_session_s: Annotated[int, described("life of a sign-in of staff", ge=600, le=2_592_000)] = 43_200
    session_token_s: Annotated[
        int, described("life of the token that a session is exchanged for; pages ask for a new one", ge=60, le=86_400)
    ] = 900
