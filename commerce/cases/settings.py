"""Settings of cases."""

from typing import Annotated

from livehub.base.config import Config, described


class CasesConfig(Config, frozen=True, kw_only=True):
    """What cases read, on top of what everybody does."""

    case_answer_s: Annotated[int, described("within which time a case is to be decided", ge=60, le=2_592_000)] = 600
    case_open_s: Annotated[int, described("how long after delivery a case can be opened", ge=600, le=31_536_000)] = (
        604_800
    )
    case_no_photo_s: Annotated[
        int, described("how long after delivery a case needs no picture", ge=0, le=31_536_000)
    ] = 7_200
    case_appeal_s: Annotated[
        int, described("how long after a rejection it can be appealed against", ge=600, le=31_536_000)
    ] = 604_800
