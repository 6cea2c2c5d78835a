"""Settings of quizzes."""

from typing import Annotated, ClassVar

from livehub.base.config import Config, described


class QuizzesConfig(Config, frozen=True, kw_only=True):
    """What quizzes read."""

    in_order: ClassVar = (("answers_batch_max", "answers_pending_max"),)

    answers_batch_max: Annotated[int, described("quiz answers stored by one commit", ge=1, le=100_000)] = 2_000
    answers_pending_max: Annotated[int, described("quiz answers that wait for their commit", ge=1, le=1_000_000)] = (
        50_000
    )
