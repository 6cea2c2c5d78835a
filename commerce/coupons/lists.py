"""The coupons of a room as staff list them and take them along as a file."""

from collections.abc import Sequence

from commerce.coupons import schemas
from commerce.coupons.store import Q, decode_card
from commerce.list_cells import amount
from livehub.base import csv
from livehub.base.db import Connection
from livehub.base.moment import moment


async def of_room(
    connection: Connection,
    room: str,
    shown: Sequence[str],
    asked: schemas.RoomCouponsQuery,
    start: tuple[int, str] | None,
    most: int,
) -> list[schemas.RoomCoupon]:
    """Latest first, those after `start` (Unix ms, id). `shown`: which can be had now."""
    rows = await connection.fetch(
        Q["coupons_of_room"], room, list(shown), asked.state, *(start or (None, None)), most, asked.q.strip()
    )
    return [
        schemas.RoomCoupon(
            coupon=decode_card(row["card"]),
            state=row["state"],
            claimed=row["claimed"],
            used=row["used"],
            created_ts=row["created_ts"],
        )
        for row in rows
    ]


def place_of(each: schemas.RoomCoupon) -> str:
    """Where the list goes on after it."""
    return f"{each.created_ts}.{each.coupon.id}"


def cells(each: schemas.RoomCoupon) -> Sequence[csv.Cell]:
    """Its row of the file."""
    card = each.coupon
    is_percent = card.kind == "percent"
    return (
        card.id, card.title, card.kind, None if is_percent else amount(card.amount_minor, card.currency),
        card.basis_points / 100 if is_percent else None, amount(card.cap_minor, card.currency),
        amount(card.min_spend_minor, card.currency), card.currency, card.audience,
        None if card.products is None else " ".join(card.products), each.state, card.total, each.claimed, each.used,
        moment(each.created_ts), moment(card.ends_ts), moment(card.usable_from_ts), moment(card.usable_until_ts),
    )  # fmt: skip
