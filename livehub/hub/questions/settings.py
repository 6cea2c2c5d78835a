"""Settings of questions to the host."""

from typing import Annotated

from livehub.base.config import Config, described


class QuestionsConfig(Config, frozen=True, kw_only=True):
    """What questions read."""

    ask_text_chars_max: Annotated[int, described("characters of a question", ge=1, le=2_000)] = 300
    ask_per_s_max: Annotated[float, described("questions a second of one person", gt=0, le=1_000_000)] = 0.1
    ask_burst_max: Annotated[int, described("questions at once of one person", ge=1)] = 3
    questions_shown_max: Annotated[int, described("answered questions in a room's view", ge=1, le=500)] = 50
