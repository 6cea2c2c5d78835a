"""Which pictures go on to viewers, now that some were lost. Pure: no I/O, time is an argument.

    begin    nothing could be decoded yet: pictures are withheld until a keyframe
    whole    all go on
    damaged  a picture was lost, and those that follow refer to it: they are withheld while a keyframe can be expected

A sender that answers requests (PLI) mends a loss in a round trip, and a short freeze looks better than a damaged picture. One
that does not (OBS, hardware encoders) would be frozen until its next keyframe by itself, up to ten seconds for one lost
packet: there damaged pictures are shown, as players of files do. Which of the two a sender is, it shows:

    answers      a keyframe came within `answer_s` after a request, and sooner than its usual interval
    answers not  pictures came for `answer_s` after a request, and none was a keyframe

A request may have to wait, since there is a least pause between two. So what a sender is, is told from the request on, but
pictures are withheld from the loss on: never longer than `answer_s`, but before the first keyframe.
"""

from typing import Literal

State = Literal["begin", "whole", "damaged"]
EARLY = 0.7  # of the usual interval: a keyframe before that was asked for
PICTURE_S_MAX = 0.2  # pictures further apart: the network was away, which says nothing of the sender


class KeyframeGate:
    """`answer_s`: how long the answer to a request is waited for. `answers`: see the module; None: not known yet."""

    def __init__(self, answer_s: float) -> None:
        self._answer_s = answer_s
        self.state: State = "begin"
        self.answers: bool | None = None
        self._waited_s: float | None = None  # since a request, while pictures came; None: none is open
        self._withheld_s = 0.0  # since the loss, while pictures came
        self._picture_s: float | None = None
        self._key_s: float | None = None

    @property
    def wants_key(self) -> bool:
        return self.state != "whole"

    def begin(self) -> None:
        """What comes now builds on nothing that came before."""
        self.state, self._key_s = "begin", None

    def damage(self) -> None:
        """Something that later pictures refer to was lost."""
        if self.state == "whole":
            self.state, self._withheld_s = "damaged", 0.0

    def requested(self) -> None:
        """A keyframe was requested. Further requests until it comes are one with the first."""
        if self._waited_s is None:
            self._waited_s = 0.0

    def takes(self, now_s: float, *, key: bool, interval_s: float | None) -> bool:
        """Whether a picture goes on. `interval_s`: the usual one between keyframes, if it is known."""
        if self._picture_s is not None:
            passed_s = min(now_s - self._picture_s, PICTURE_S_MAX)
            self._withheld_s += passed_s
            if self._waited_s is not None:
                self._waited_s += passed_s
        self._picture_s = now_s
        if key:
            self._note_answer(now_s, interval_s)
            self.state, self._key_s, self._waited_s = "whole", now_s, None
            return True
        if self._waited_s is not None and self._waited_s > self._answer_s:
            self.answers = False
        is_enough = self.answers is False or self._withheld_s > self._answer_s
        return self.state == "whole" or (self.state == "damaged" and is_enough)

    def _note_answer(self, now_s: float, interval_s: float | None) -> None:
        if self._waited_s is None or self._waited_s > self._answer_s:
            return
        is_early = interval_s is None or (self._key_s is not None and now_s - self._key_s < EARLY * interval_s)
        if is_early or self.answers is None:
            self.answers = True
