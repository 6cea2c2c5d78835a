"""Domain events of questions. Pure: no I/O."""

from msgspec import Struct

from livehub.room.models import CouponCard


class QuestionRewarded(Struct, frozen=True, kw_only=True, tag="question.rewarded", tag_field="event"):
    """Whoever asked a question gets a coupon for it."""

    room: str
    question: str
    user: str
    coupon: CouponCard
