"""Chat lines as the table `chats` has them."""

from typing import Any

from msgspec import UNSET

from livehub.room.models import ChatLine


def line_of(row: Any) -> ChatLine:
    """The line in a row with its id, user_id, name, role, text, ts and badge."""
    return ChatLine(
        id=row["id"],
        user=row["user_id"],
        name=row["name"],
        role=row["role"],
        text=row["text"],
        ts=row["ts"],
        badge=UNSET if row["badge"] is None else row["badge"],
    )
