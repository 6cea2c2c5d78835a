"""A trace has what a lot comes of and what came of it, each while it had to do with it, and nothing of others."""

from typing import Any

import pytest

from tests.base.served import Served
from tests.trace.epcis.calls import capture
from tests.trace.epcis.documents import GTIN, box, lot, made, observed, packed
from trace.epcis import lineage
from trace.epcis.errors import LineageTooWide
from trace.epcis.hashing import event_hash
from trace.epcis.settings import EpcisConfig

CRATE, PALLET = "urn:x:crate:7", "urn:epc:id:sscc:4012345.3111111111"
CONFIG = EpcisConfig(secret="a secret of the tests, more than 32 characters long")


def at(minute: int) -> str:
    return f"2026-11-28T10:{minute:02}:00+08:00"


async def things(served: Served, uri: str) -> tuple[set[str], set[str]]:
    """What has come of it, what it comes of; without itself."""
    after = await lineage.forward(served.database, uri, CONFIG)
    before = await lineage.back(served.database, uri, CONFIG)
    return {each.uri for each in after.values() if each.step}, {each.uri for each in before.values() if each.step}


async def captured(served: Served, *events: Any) -> None:
    assert (await capture(served, *events))["errors"] == []


async def test_split_merge_and_repacking_are_followed_both_ways(served: Served) -> None:
    await captured(
        served,
        made([lot("A")], [lot("A1"), lot("A2")], at(1)),
        made([lot("A1"), lot("B")], [lot("C")], at(2)),
        made([lot("C")], [lot("D")], at(3)),
        made([lot("X")], [lot("Y")], at(4)),
    )
    assert await things(served, lot("A")) == ({lot("A1"), lot("A2"), lot("C"), lot("D")}, set())
    assert await things(served, lot("D")) == (set(), {lot("C"), lot("A1"), lot("B"), lot("A")})
    assert await things(served, lot("C")) == ({lot("D")}, {lot("A1"), lot("B"), lot("A")})


async def test_what_is_packed_goes_where_its_container_goes(served: Served) -> None:
    await captured(
        served,
        packed(CRATE, box(1), box(2), at=at(1)),
        packed(PALLET, CRATE, at=at(2)),
        {**observed(PALLET, at=at(3)), "bizStep": "shipping"},
    )
    pallet = "https://id.gs1.org/00/340123451111111111"
    assert await things(served, box(1)) == ({CRATE, pallet}, set())
    assert await things(served, PALLET) == (set(), {CRATE, box(1), box(2)})
    steps = await lineage.trace(served.database, box(1), CONFIG)
    assert [each.event["bizStep"] for each in steps] == ["packing", "packing", "shipping"]


async def test_what_a_crate_carried_before_and_after_is_not_of_the_lot(served: Served) -> None:
    await captured(
        served,
        packed(CRATE, box(1), at=at(1)),
        {**observed(CRATE, at=at(2)), "bizStep": "transporting"},
        packed(CRATE, box(1), action="DELETE", at=at(3)),
        packed(CRATE, box(2), at=at(4)),
        packed(PALLET, CRATE, at=at(5)),
    )
    _, before = await things(served, PALLET)
    assert before == {CRATE, box(2)}
    assert (await things(served, box(1)))[0] == {CRATE}
    assert (await things(served, CRATE))[1] == {box(1), box(2)}  # all that it ever carried
    steps = await lineage.trace(served.database, box(1), CONFIG)
    assert [each.event["bizStep"] for each in steps] == ["packing", "transporting", "packing"]
    steps = await lineage.trace(served.database, box(2), CONFIG)
    assert [each.event["bizStep"] for each in steps] == ["packing", "packing"]


async def test_a_crate_that_is_emptied_as_a_whole_is_empty(served: Served) -> None:
    empty = {**packed(CRATE, action="DELETE", at=at(2)), "childEPCs": []}
    await captured(served, packed(CRATE, box(1), at=at(1)), empty, packed(CRATE, box(2), at=at(3)))
    await captured(served, packed(PALLET, CRATE, at=at(4)))
    assert (await things(served, PALLET))[1] == {CRATE, box(2)}


async def test_a_box_is_of_the_lot_that_its_code_names(served: Served) -> None:
    await captured(
        served,
        made([lot("A")], [lot("B")], at(1)),
        observed("https://shop.example/01/09521141012344/10/B/21/S1", at=at(2)),
        {**observed(box("S2"), at=at(3)), "action": "ADD", "ilmd": {"cbvmda:lotNumber": "B"}},
        observed(f"{GTIN}/10/Z/21/S3", at=at(4)),
    )
    assert await things(served, box("S1")) == (set(), {lot("B"), lot("A")})
    assert await things(served, lot("A")) == ({lot("B"), box("S1"), box("S2")}, set())


async def test_inputs_and_outputs_of_one_transformation_may_be_told_apart(served: Served) -> None:
    inputs = {**made([lot("A")], [], at(1)), "transformationID": "urn:x:run:1"}
    outputs = {**made([], [lot("B")], at(2)), "transformationID": "urn:x:run:1"}
    await captured(served, inputs, outputs)
    assert lot("B") in (await things(served, lot("A")))[0]
    assert lot("A") in (await things(served, lot("B")))[1]


async def test_what_was_declared_an_error_leads_nowhere(served: Served) -> None:
    wrong = made([lot("A")], [lot("B")], at(1))
    declaration = {**wrong, "errorDeclaration": {"declarationTime": at(5), "reason": "did_not_occur"}}
    await captured(served, wrong, declaration)
    assert await things(served, lot("A")) == (set(), set())
    steps = await lineage.trace(served.database, lot("A"), CONFIG)
    assert [(each.event["eventID"], each.is_declaration) for each in steps] == [
        (event_hash(wrong), False),
        (event_hash(wrong), True),
    ]


async def test_circles_end(served: Served) -> None:
    await captured(served, made([lot("A")], [lot("B")], at(1)), made([lot("B")], [lot("A")], at(2)))
    assert await things(served, lot("A")) == ({lot("B")}, {lot("B")})


async def test_what_is_too_wide_is_refused(served: Served) -> None:
    config = EpcisConfig(secret=CONFIG.secret, epcis_lineage_things_max=10)
    await captured(served, made([lot("A")], [lot(f"B{n}") for n in range(20)], at(1)))
    with pytest.raises(LineageTooWide):
        await lineage.forward(served.database, lot("A"), config)
