"""The sales of a room as a list: searched, filtered, and a file of what is found, for who may take one."""

import csv
import io

import pytest

from commerce.sales import api as sales_api
from tests.commerce.sales.shop import Shop


async def test_the_list_is_searched_and_a_file_has_all_that_is_found(shop: Shop, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sales_api, "ROWS_PER_QUERY", 1)
    honey, eggs = await shop.sale(units=5), await shop.sale(product="eggs", opens_at=None)
    of_room = f"/api/rooms/{shop.room}/sales"
    for query, found in (
        ("q=HON", [honey]),
        ("q=%20eggs", [eggs]),
        ("state=scheduled", [eggs]),
        ("state=open", [honey]),
        ("state=closed", []),
        ("q=egg&state=open", []),
        ("q=%25", []),
    ):
        listed = await shop.server.do("GET", f"{of_room}?{query}")
        assert [sale["id"] for sale in listed["items"]] == found, query
    admin, as_csv = shop.server.person("boss", role="admin", is_fresh=True), {"Accept": "text/csv"}
    file = await shop.server.call("GET", of_room, by=admin, headers=as_csv)
    rows = list(csv.DictReader(io.StringIO(file.body.lstrip("\ufeff"), newline="")))
    assert [(row["id"], row["title"], row["price"], row["state"], row["left"]) for row in rows] == [
        (eggs, "Eggs", "49.90", "scheduled", "10"), (honey, "Honey", "49.90", "open", "5"),
    ]  # fmt: skip
    for refused, status in (({}, 403), ({"Authorization": ""}, 401)):
        answer = await shop.server.call("GET", of_room, by=shop.server.person("mei"), headers=as_csv | refused)
        assert answer.status == status
