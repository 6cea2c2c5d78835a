"""The sheet of FSMA 204 tells what was in a container when something was done with it: not before, nor once it was out."""

import csv
import io
from itertools import pairwise
from typing import Any

from livehub.base.auth import Role
from tests.base.served import Served
from tests.trace.epcis.calls import capture, q
from tests.trace.epcis.documents import GTIN, lot, made, observed, packed
from trace.epcis.exporting import fsma_rows

CODE = "09521141012344"
CRATE, OTHER, PALLET = "urn:x:crate", "urn:x:other", "urn:x:pallet"


def item(of: str, serial: int) -> str:
    """A box whose code names its lot. Serials are of the GTIN: two lots have no two of one serial."""
    return f"{GTIN}/10/{of}/21/{serial}"


def hour(n: int) -> str:
    return f"2026-11-28T{n:02}:00:00.000+08:00"


def shipped(n: int, *epcs: str) -> dict[str, Any]:
    return observed(*epcs, at=hour(n), bizStep="shipping")


def weighed(n: int, amount: float | None, *, action: str = "ADD") -> dict[str, Any]:
    quantity = {} if amount is None else {"quantity": amount, "uom": "KGM"}
    children = [{"epcClass": lot("A"), **quantity}]
    return packed(PALLET, action=action, at=hour(n)) | {"childQuantityList": children, "bizStep": "loading"}


def told(*events: dict[str, Any], kind: str = "Shipping") -> list[tuple[int, str, Any, str]]:
    """Hour, lot, amount and unit of the rows of a kind."""
    rows = fsma_rows([{"eventID": f"urn:x:{n}", **each} for n, each in enumerate(events)])
    return [(int(str(row[5])[11:13]), str(row[1]), row[3], str(row[4])) for row in rows if row[0] == kind]


def test_what_was_taken_out_is_not_shipped_and_an_empty_crate_is_of_no_lot() -> None:
    a1, a2, b1, b2 = item("A", 1), item("A", 2), item("B", 11), item("B", 12)
    assert told(
        shipped(1, CRATE),
        packed(CRATE, a1, a2, b1, at=hour(2)),
        shipped(3, CRATE),
        packed(CRATE, a2, action="DELETE", at=hour(4)),
        shipped(5, CRATE),
        packed(CRATE, action="DELETE", at=hour(6)),
        shipped(7, CRATE),
        packed(CRATE, b2, at=hour(8)),
        shipped(9, CRATE),
    ) == [
        (1, CRATE, 1.0, "C62"),
        (3, f"{CODE} A", 2.0, "C62"),
        (3, f"{CODE} B", 1.0, "C62"),
        (5, f"{CODE} A", 1.0, "C62"),
        (5, f"{CODE} B", 1.0, "C62"),
        (9, f"{CODE} B", 1.0, "C62"),
    ]


def test_what_is_in_crates_on_a_pallet_goes_with_it_as_long_as_it_is_there() -> None:
    assert told(
        packed(PALLET, CRATE, OTHER, at=hour(1)),
        packed(CRATE, item("A", 1), item("A", 2), at=hour(2)),
        packed(OTHER, item("B", 11), at=hour(3)),
        shipped(4, PALLET),
        packed(CRATE, item("A", 1), action="DELETE", at=hour(5)),
        shipped(6, PALLET),
        packed(PALLET, OTHER, action="DELETE", at=hour(7)),
        shipped(8, PALLET),
        shipped(9, OTHER),
    ) == [
        (4, f"{CODE} A", 2.0, "C62"),
        (4, f"{CODE} B", 1.0, "C62"),
        (6, f"{CODE} A", 1.0, "C62"),
        (6, f"{CODE} B", 1.0, "C62"),
        (8, f"{CODE} A", 1.0, "C62"),
        (9, f"{CODE} B", 1.0, "C62"),
    ]


def test_amounts_of_a_lot_are_added_and_taken_out() -> None:
    assert told(
        weighed(1, 40.0),
        weighed(2, 2.5),
        shipped(3, PALLET),
        weighed(4, 12.5, action="DELETE"),
        shipped(5, PALLET),
        weighed(6, None, action="DELETE"),
        shipped(7, PALLET),
    ) == [(3, f"{CODE} A", 42.5, "KGM"), (5, f"{CODE} A", 30.0, "KGM")]
    assert told(weighed(1, None), shipped(2, PALLET)) == [(2, f"{CODE} A", None, "")]


def test_what_is_made_is_of_what_went_into_it_then() -> None:
    bag = f"{GTIN}/21/7"
    making = made([], [], at=hour(3)) | {"inputEPCList": [CRATE], "outputEPCList": [bag]}
    events = (
        packed(CRATE, item("A", 1), at=hour(1)),
        packed(CRATE, item("B", 11), at=hour(2)),
        making,
        packed(CRATE, action="DELETE", at=hour(4)),
        packed(CRATE, item("C", 21), at=hour(5)),
        shipped(6, bag, CRATE),
    )
    assert told(*events) == [(6, f"{CODE} {name}", 1.0, "C62") for name in "ABC"]
    rows = fsma_rows([{"eventID": f"urn:x:{n}", **each} for n, each in enumerate(events)])
    assert [row[9] for row in rows if row[0] == "Transformation"] == [f"{CODE} A {CODE} B"] * 2


def test_a_container_that_has_itself_in_it_ends() -> None:
    events = (packed(CRATE, OTHER, at=hour(1)), packed(OTHER, CRATE, item("A", 1), at=hour(2)), shipped(3, CRATE))
    assert (3, f"{CODE} A", 1.0, "C62") in told(*events)


def test_a_lot_that_is_listed_twice_is_there_with_both_amounts() -> None:
    twice = [{"epcClass": lot("A"), "quantity": amount, "uom": "KGM"} for amount in (5.0, 3.0)]
    for action in ("ADD", "OBSERVE"):
        listed = packed(PALLET, action=action, at=hour(1)) | {"childQuantityList": twice}
        assert told(listed, shipped(2, PALLET)) == [(2, f"{CODE} A", 8.0, "KGM")]


def test_containers_may_be_in_containers_however_deep() -> None:
    crates = [f"urn:x:crate:{n}" for n in range(3_000)]
    nested = [packed(outer, inner, at=hour(1)) for outer, inner in pairwise(crates)]
    events = (packed(crates[-1], item("A", 1), at=hour(1)), *nested, shipped(2, crates[0]))
    assert told(*events) == [(2, f"{CODE} A", 1.0, "C62")]


async def test_the_sheet_of_a_lot_leaves_out_what_was_taken_out_whenever_that_was_told(served: Served) -> None:
    a1, a2 = item("A", 1), item("A", 2)
    grown = observed(a1, a2, at=hour(1), action="ADD", bizStep="commissioning")
    await capture(served, grown, packed(CRATE, a1, a2, at=hour(2)), shipped(3, CRATE), shipped(5, CRATE))
    await capture(served, packed(CRATE, a2, action="DELETE", at=hour(4)))  # told after what came after it
    await capture(served, packed(CRATE, a1, action="DELETE", at=hour(6)), shipped(7, CRATE))
    path = f"GET /epcis/v2/epcs/{q(lot('A'))}/trace"
    answer = await served.call(path, role=Role.OPS, headers={"Accept": "text/csv"})
    rows = list(csv.reader(io.StringIO(answer.raw.decode("utf-8-sig"))))
    assert [(row[0], row[1], row[3]) for row in rows if row[0] == "Shipping"] == [
        ("Shipping", f"{CODE} A", "2.0"),
        ("Shipping", f"{CODE} A", "1.0"),
    ]
