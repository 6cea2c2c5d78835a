"""Splits, merges and repacks keep where everything came from, both ways, and no unit goes into two batches."""

import asyncio
from typing import Any

import pytest

from livehub.base.auth import Role
from tests.trace.farm import NOW_MS, OTHER_GTIN, TraceFarm, farming
from trace.batches.errors import LineageWrong, UnitsExceeded
from trace.batches.lineage import Parent, children
from trace.batches.schemas import MakingInput, MakingOutput, MakingRequest

MAKE = "POST /api/batch-makings"


def making(kind: str, inputs: dict[str, int], *outputs: dict[str, Any]) -> dict[str, Any]:
    return {
        "kind": kind, "at": NOW_MS, "inputs": [{"batch": batch, "units": units} for batch, units in inputs.items()],
        "outputs": list(outputs),
    }  # fmt: skip


async def made(farm: TraceFarm, kind: str, inputs: dict[str, int], *outputs: dict[str, Any]) -> list[str]:
    answer = await farm.done(MAKE, making(kind, inputs, *outputs), role=Role.PICKER)
    return [each["id"] for each in answer["items"]]


async def kin(farm: TraceFarm, batch: str) -> tuple[list[tuple[str, int]], list[tuple[str, int]]]:
    found = await farm.done(f"GET /api/batches/{batch}/lineage")
    assert found["is_whole"]
    return tuple([(each["lot"], each["steps_away"]) for each in found[side]] for side in ("came_of", "became"))  # type: ignore[return-value]


async def test_lineage_is_traced_both_ways_however_far(farm: TraceFarm) -> None:
    a, b = (await farm.batch("A"))["id"], (await farm.batch("B"))["id"]
    a1, a2 = await made(farm, "split", {a: 480}, {"lot": "A1", "units": 200}, {"lot": "A2", "units": 280})
    (m,) = await made(farm, "merge", {a1: 200, b: 100}, {"lot": "M", "units": 290})
    (r,) = await made(farm, "repack", {m: 290}, {"lot": "R", "units": 24, "gtin": OTHER_GTIN, "product": "gift box"})
    assert await kin(farm, r) == ([("M", 1), ("A1", 2), ("B", 2), ("A", 3)], [])
    assert await kin(farm, a) == ([], [("A1", 1), ("A2", 1), ("M", 2), ("R", 3)])
    assert await kin(farm, m) == ([("A1", 1), ("B", 1), ("A", 2)], [("R", 1)])
    assert await kin(farm, a2) == ([("A", 1)], [])
    found = await farm.done(f"GET /api/batches/{m}/lineage")
    links = [(link["parent"], link["child"], link["units"], link["kind"]) for link in found["links"]]
    assert sorted(links) == sorted(
        [(a, a1, 480, "split"), (a1, m, 200, "merge"), (b, m, 100, "merge"), (m, r, 290, "repack")]
    )
    shown = await farm.done(f"GET /api/batches/{r}")
    assert (shown["gtin"], shown["product"], shown["made_by"]) == (OTHER_GTIN, "gift box", "repack")
    assert [(await farm.done(f"GET /api/batches/{each}"))["left"] for each in (a, b, m)] == [0, 380, 0]
    types = [entry["type"] for entry in await farm.entries()]
    assert types == ["batch", "batch", "batch_split", "batch", "batch", "batch_merge", "batch", "batch_repack", "batch"]
    entry = (await farm.entries())[5]
    assert (entry["inputs"], entry["outputs"]) == (
        [{"batch": a1, "units": 200}, {"batch": b, "units": 100}],
        [{"batch": m, "gtin": "09520123456788", "lot": "M", "units": 290}],
    )


async def test_a_unit_does_not_go_into_two_batches(farm: TraceFarm) -> None:
    a = (await farm.batch("A"))["id"]
    split = making("split", {a: 480}, {"lot": "A1", "units": 200}, {"lot": "A2", "units": 280})
    await farm.done(MAKE, split, role=Role.PICKER)
    again = making("repack", {a: 1}, {"lot": "A3", "units": 1})
    status, name, body = await farm.refused(MAKE, again)
    assert (status, name, body["batch"], body["left"]) == (409, "units_exceeded", a, 0)


async def test_of_two_at_once_one_has_the_units(farm: TraceFarm) -> None:
    a, b = (await farm.batch("A"))["id"], (await farm.batch("B"))["id"]
    calls = [
        farm.call(MAKE, making("merge", inputs, {"lot": f"M{n}", "units": 500}))
        for n, inputs in enumerate(({a: 400, b: 400}, {b: 400, a: 400}))
    ]
    assert sorted([answer.status for answer in await asyncio.gather(*calls)]) == [201, 409]


async def test_a_lot_that_is_taken_leaves_everything_as_it_was(farm: TraceFarm) -> None:
    a = (await farm.batch("A"))["id"]
    split = making("split", {a: 480}, {"lot": "A1", "units": 200}, {"lot": "A", "units": 280})
    assert (await farm.refused(MAKE, split))[:2] == (409, "lot_taken")
    assert (await farm.refused(MAKE, making("repack", {"nothing": 1}, {"lot": "C", "units": 1})))[:2] == (
        404,
        "batch_not_found",
    )
    assert (await farm.refused(MAKE, making("repack", {a: 1}, {"lot": "批", "units": 1})))[:2] == (
        400,
        "code_unreadable",
    )


async def test_more_than_are_followed_is_said(database_url: str) -> None:
    async with farming(database_url, batch_lineage_max=2) as farm:
        a = (await farm.batch("A"))["id"]
        await made(farm, "split", {a: 480}, *({"lot": f"A{n}", "units": 1} for n in range(3)))
        found = await farm.done(f"GET /api/batches/{a}/lineage")
        assert (len(found["became"]), found["is_whole"]) == (2, False)


A, B = (Parent(id=id_, product="jam", gtin="09520123456788", units=100, used=90) for id_ in "AB")
C = Parent(id="C", product="tea", gtin=OTHER_GTIN, units=100, used=0)
PARENTS = {each.id: each for each in (A, B, C)}


def asked(kind: Any, inputs: list[tuple[str, int]], outputs: list[tuple[str, int]]) -> MakingRequest:
    return MakingRequest(
        kind=kind,
        at=0,
        inputs=[MakingInput(batch=batch, units=units) for batch, units in inputs],
        outputs=[MakingOutput(lot=lot, units=units) for lot, units in outputs],
    )


@pytest.mark.parametrize(
    ("request_", "reason"),
    [
        (asked("split", [("A", 10)], [("x", 10)]), "outputs"),
        (asked("split", [("A", 5), ("B", 5)], [("x", 5), ("y", 5)]), "inputs"),
        (asked("merge", [("A", 10)], [("x", 10)]), "inputs"),
        (asked("merge", [("A", 5), ("B", 5)], [("x", 5), ("y", 5)]), "outputs"),
        (asked("merge", [("A", 5), ("C", 5)], [("x", 10)]), "product"),
        (asked("merge", [("A", 5), ("B", 5)], [("x", 11)]), "units"),
        (asked("merge", [("A", 5), ("A", 5)], [("x", 10)]), "inputs"),
        (asked("split", [("A", 10)], [("x", 5), ("x", 5)]), "outputs"),
    ],
)
def test_what_is_no_split_and_no_merge_is_refused(request_: MakingRequest, reason: str) -> None:
    with pytest.raises(LineageWrong) as refusal:
        children(request_, PARENTS)
    assert refusal.value.details == {"reason": reason}


def test_what_has_gone_into_another_batch_is_not_there_any_more() -> None:
    with pytest.raises(UnitsExceeded) as refusal:
        children(asked("split", [("A", 11)], [("x", 5), ("y", 5)]), PARENTS)
    assert refusal.value.details == {"batch": "A", "left": 10}


def test_of_a_repack_anything_may_come_out() -> None:
    made = children(asked("repack", [("A", 5), ("C", 5)], [("x", 60)]), PARENTS)
    assert [(each.product, each.gtin, each.lot, each.units) for each in made] == [("jam", "09520123456788", "x", 60)]
