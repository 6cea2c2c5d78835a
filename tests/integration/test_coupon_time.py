"""A coupon whose time is over leaves the screen by itself, whoever is looking: the end is a durable job, not a page's clock."""

import asyncio

from tests.integration.server import InProcessServer
from tests.patience import PATIENCE_S

ENDS_IN_S = 5


async def test_a_coupon_whose_time_is_over_leaves_the_room(server: InProcessServer) -> None:
    room = await server.room()
    await server.sell_jam(room)
    dropped = await server.call(
        "POST", f"/api/rooms/{room}/coupons", {"title": "Early birds", "amount_minor": 500, "ends_in_s": ENDS_IN_S}
    )
    shown = await server.call("GET", f"/api/rooms/{room}")
    assert [coupon["id"] for coupon in shown.body["room"]["view"]["coupons"]] == [dropped.body["coupon"]["id"]]

    async with asyncio.timeout(ENDS_IN_S + PATIENCE_S):
        while shown.body["room"]["view"]["coupons"]:
            await asyncio.sleep(0.2)
            shown = await server.call("GET", f"/api/rooms/{room}")

    assert shown.body["offset"] == dropped.body["offset"] + 1  # ended once
    ended_s = (shown.body["room"]["ts"] - dropped.body["coupon"]["ends_ts"]) / 1000
    assert ended_s >= 0
