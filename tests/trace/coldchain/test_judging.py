"""What came late is judged after its commit, by the rules that stood then; what was marked wrongly as none stands again."""

import asyncio
import json

import pytest

from tests.base.served import serving
from tests.trace.coldchain.van import FRESH, MINUTE_MS, Van
from trace.coldchain.judging import Folded, Judging, Mark
from trace.coldchain.module import ColdChain

WARM = [9.0] * 12


async def stored(van: Van) -> list[tuple[str, str]]:
    """What was found so far, while nothing more is judged."""
    rows = await van.served.database.fetch("SELECT level, cause FROM coldchain_findings ORDER BY told_ms, at_ms, id")
    return [(row["level"], row["cause"]) for row in rows]


async def test_a_late_reading_is_judged_after_its_commit_and_one_on_time_in_it(van: Van):
    device = await van.device()
    await van.rule()
    await van.shipment([device])
    await van.live(device, 4.0)
    van.later(30)
    await van.live(device, 4.0)
    await van.say(device, *WARM, ended=10)
    assert await stored(van) == [("warning", "silence")]
    assert await van.served.database.fetchval("SELECT count(*) FROM shipment_sensors WHERE anew_ms IS NOT NULL") == 1
    await van.live(device, *WARM)
    assert await stored(van) == [("warning", "silence"), ("warning", "above"), ("breach", "above")]
    assert await van.judge() == 1
    assert await van.judge() == 0
    told = await van.findings("?level=breach")
    assert [(each["cause"], each["is_late"], each["correction"]) for each in told] == [
        ("above", True, None), ("above", False, None),
    ]  # fmt: skip


async def test_what_comes_while_it_is_judged_is_judged_on_top(van: Van, monkeypatch: pytest.MonkeyPatch):
    device = await van.device()
    await van.rule()
    await van.shipment([device])
    await van.live(device, 4.0, 4.0, 4.0)
    await van.say(device, 5.0, ended=1.5)
    judge_so_far = Judging._folded

    async def judged_slowly(judging: Judging, mark: Mark) -> Folded | None:
        folded = await judge_so_far(judging, mark)
        await van.live(device, *WARM)
        return folded

    monkeypatch.setattr(Judging, "_folded", judged_slowly)
    assert await van.judge() == 1
    monkeypatch.undo()
    assert await stored(van) == [("warning", "above"), ("breach", "above")]
    await van.live(device, 4.0)
    (breach,) = await van.findings("?level=breach")
    assert (breach["correction"], breach["worst_c"], breach["ended_at"] is None) == (None, 9.0, False)


async def test_a_correction_made_while_it_is_judged_counts(van: Van, monkeypatch: pytest.MonkeyPatch):
    device = await van.device()
    await van.rule()
    await van.shipment([device])
    await van.live(device, 4.0, *WARM)
    await van.say(device, 5.0, ended=11.5)
    judge_so_far = Judging._folded
    body = {"since": 0, "until": van.now_ms + 1, "offset_c": -3.0, "reason": "reads three degrees too warm"}

    async def judged_slowly(judging: Judging, mark: Mark) -> Folded | None:
        folded = await judge_so_far(judging, mark)
        monkeypatch.undo()
        await van.done(f"POST /api/devices/{device}/corrections", body)
        return folded

    monkeypatch.setattr(Judging, "_folded", judged_slowly)
    assert await van.judge() == 2
    (breach,) = await van.findings("?level=breach")
    assert breach["correction"] == "reads three degrees too warm"


async def test_a_rule_that_changes_while_it_is_judged_counts(van: Van, monkeypatch: pytest.MonkeyPatch):
    device = await van.device()
    made = await van.rule(high_c=20.0, minutes=5.0)
    await van.shipment([device])
    await van.live(device, 4.0, 4.0, 4.0)
    await van.say(device, 5.0, ended=1.5)
    judge_so_far = Judging._folded
    body = {"rule": {"high_c": 8.0, "minutes": 5.0}, "version": made["version"]}

    async def judged_slowly(judging: Judging, mark: Mark) -> Folded | None:
        folded = await judge_so_far(judging, mark)
        monkeypatch.undo()
        await van.done("POST /api/cold-chain/rules/default", body)
        await van.live(device, *WARM)
        return folded

    monkeypatch.setattr(Judging, "_folded", judged_slowly)
    await van.judge()
    await van.judge()
    (breach,) = await van.findings("?level=breach")
    assert (breach["cause"], breach["limit"], breach["correction"]) == ("above", 8.0, None)
    assert await van.events("coldchain.corrected") == []


async def test_a_shipment_is_judged_anew_by_the_rules_that_stood_then(van: Van):
    device = await van.device()
    await van.rule()
    await van.shipment([device])
    await van.live(device, 4.0, *WARM)
    van.later(1)
    await van.done("POST /api/cold-chain/rules/default", {"rule": {**FRESH, "high_c": 12.0}, "version": 1})
    await van.live(device, 9.0, 4.0)
    await van.live(device, *WARM)  # which is no breach any more
    await van.say(device, 9.0, ended=21.5)
    assert await van.judge() == 1
    told = await van.findings("?level=breach")
    assert [(each["cause"], each["limit"], each["correction"]) for each in told] == [("above", 8.0, None)]
    assert await van.events("coldchain.corrected") == []
    (entry,) = await van.entries("cold_chain_breach")
    assert entry["rule"] == {"product": "default", "version": 1}


async def test_a_rule_of_its_own_counts_for_a_product_from_then_on(van: Van):
    device = await van.device()
    await van.rule()
    await van.shipment([device], [{"batch": "batch-1", "product": "ice"}])
    await van.live(device, 4.0, *WARM, 4.0)
    await van.rule("ice", high_c=20.0)
    await van.say(device, 5.0, ended=13.5)
    await van.judge()
    assert [each["correction"] for each in await van.findings("?level=breach")] == [None]


async def test_each_change_of_a_rule_and_of_an_offer_is_in_the_log(van: Van):
    await van.rule("berries", {"kind": "coupon", "amount_minor": 500, "currency": "CNY"}, high_c=4.5, handover_c=6.0)
    body = {"rule": FRESH, "model": "blueberries", "version": 1}
    await van.done("POST /api/cold-chain/rules/berries", body)
    first, second = await van.entries("cold_chain_rule")
    assert (first["product"], first["version"], first["model"]) == ("berries", 1, None)
    assert (first["rule"]["high_c"], first["rule"]["low_c"], first["rule"]["handover_c"]) == ("4.5", None, "6.0")
    assert first["offer"] == {"kind": "coupon", "amount_minor": 500, "currency": "CNY", "days": 30}
    assert (second["version"], second["model"], second["offer"]["kind"]) == (2, "blueberries", "none")
    rows = await van.served.database.fetch("SELECT version, entry FROM coldchain_rule_versions ORDER BY version")
    assert [(row["version"], row["entry"] is not None) for row in rows] == [(1, True), (2, True)]


async def test_a_silence_that_goes_on_stands_when_all_is_judged_anew(van: Van):
    device = await van.device()
    await van.rule()
    await van.shipment([device])
    await van.live(device, 4.0, 4.0)
    van.later(31)
    assert await van.look() == 1
    await van.say(device, 4.0, ended=31.5)
    assert await van.judge() == 1
    assert [each["correction"] for each in await van.findings()] == [None]
    assert await van.look() == 0
    await van.say(device, 4.0, ended=20)
    await van.say(device, 4.0, ended=21)
    van.later(9)
    assert await van.judge() == 1  # it was not silent for so long
    assert [(each["cause"], each["correction"]) for each in await van.findings()] == [
        ("silence", "readings that came later")
    ]


async def test_a_rule_that_is_changed_to_a_shorter_silence_counts_at_once(van: Van):
    device = await van.device()
    await van.rule()
    await van.shipment([device])
    await van.live(device, 4.0)
    await van.done("POST /api/cold-chain/rules/default", {"rule": {**FRESH, "silence_minutes": 10}, "version": 1})
    assert await van.look() == 0
    van.later(11)
    assert await van.look() == 1
    assert [(each["cause"], each["limit"]) for each in await van.findings()] == [("silence", 10.0)]


async def test_what_was_wrongly_marked_as_none_stands_again_and_nobody_is_told_twice(van: Van):
    device = await van.device()
    await van.rule()
    shipment = await van.shipment([device])
    await van.live(device, 4.0, *WARM)
    body = {"since": 0, "until": van.now_ms + 1, "offset_c": -3.0, "reason": "reads three degrees too warm"}
    await van.done(f"POST /api/devices/{device}/corrections", body)
    (breach,) = await van.findings("?level=breach")
    assert breach["correction"] is not None
    van.later(0.1)
    again = {**body, "offset_c": 0.0, "reason": "that was another sensor"}
    await van.done(f"POST /api/devices/{device}/corrections", again)
    (stands,) = await van.findings("?level=breach")
    assert (stands["id"], stands["correction"], stands["corrected_at"]) == (breach["id"], None, None)
    (entry,) = await van.entries("cold_chain_reinstated")
    assert (entry["shipment"], breach["id"] in entry["findings"]) == (shipment, True)
    assert len(await van.events()) == 1
    assert len(await van.entries("cold_chain_breach")) == 1


async def test_what_was_told_of_the_time_after_a_shipment_had_ended_is_none(van: Van):
    device = await van.device()
    await van.rule()
    shipment = await van.shipment([device])
    await van.live(device, 4.0)
    ended = van.now_ms
    await van.live(device, *WARM)
    assert ("breach", "above") in await van.told()
    await van.done(f"POST /api/shipments/{shipment}/end", {"at": ended})
    told = await van.findings()
    assert {each["correction"] for each in told} == {"the shipment had ended before"}
    entry = (await van.entries("cold_chain_corrected"))[-1]
    assert entry["because"] == "the shipment had ended before"
    assert await van.served.database.fetchval("SELECT count(*) FROM shipment_sensors WHERE due_ms IS NOT NULL") == 0


async def test_nobody_waits_for_the_sensors_of_a_shipment_that_is_over(van: Van):
    device = await van.device()
    await van.rule()
    shipment = await van.shipment([device])
    await van.live(device, 4.0)
    due = "SELECT count(*) FROM shipment_sensors WHERE due_ms IS NOT NULL"
    assert await van.served.database.fetchval(due) == 1
    await van.done(f"POST /api/shipments/{shipment}/end", {})
    assert await van.served.database.fetchval(due) == 0
    await van.say(device, 4.0, ended=0.5)
    await van.judge()
    assert await van.served.database.fetchval(due) == 0


async def test_a_shipment_that_began_too_long_ago_is_not_entered(van: Van):
    device = await van.device()
    before = await van.served.contents()
    for begins in (0, van.now_ms - 2_678_400_000 - 1):
        body = {"batches": ["batch-1"], "devices": [device], "from": begins}
        refused = await van.call("POST /api/shipments", body)
        assert (refused.status, refused.body["field"]) == (400, "from")
    assert await van.served.contents() == before
    await van.shipment([device], begins=van.now_ms - 2_678_400_000)


async def test_of_very_many_readings_the_newest_are_judged_and_what_was_told_before_stands(database_url: str):
    async with serving(database_url, judged_readings_max=1_000) as served:
        van = Van(served)
        device = await van.device()
        await van.rule()
        await van.shipment([device])
        await van.live(device, 4.0, *WARM, 4.0)
        for _ in range(3):
            van.later(600)
            await van.say(device, *[4.0] * 590)
        await van.say(device, 4.0, ended=1.5)
        assert await van.judge() == 1
        corrections = {each["cause"]: each["correction"] for each in await van.findings()}
        assert corrections["above"] is None
        body = {"since": 0, "until": van.now_ms + 1, "offset_c": 5.0, "reason": "reads too cold"}
        await van.done(f"POST /api/devices/{device}/corrections", body)
        breaches = await van.findings("?level=breach")
        assert [each["correction"] for each in breaches] == [None, None]


async def test_a_mark_that_cannot_be_judged_holds_up_no_other(van: Van, monkeypatch: pytest.MonkeyPatch):
    bad, good = await van.device(), await van.device()
    await van.rule()
    await van.shipment([bad], ["batch-1"])
    await van.shipment([good], ["batch-2"])
    for device in (bad, good):
        await van.live(device, 4.0)
        van.later(20)
        await van.live(device, 4.0)
        await van.say(device, *WARM, ended=3)
    judge_so_far = Judging._folded

    async def judged(judging: Judging, mark: Mark) -> Folded | None:
        if mark.device == bad:
            raise ValueError("a defect")
        return await judge_so_far(judging, mark)

    monkeypatch.setattr(Judging, "_folded", judged)
    assert await van.judge() == 2
    assert [each["device"] for each in await van.findings("?level=breach")] == [good]
    monkeypatch.undo()
    van.later(1.1)
    assert {each["device"] for each in await van.findings("?level=breach")} == {bad, good}


async def test_curves_are_drawn_once_for_all_who_ask_from_so_many_readings_at_most(
    database_url: str, monkeypatch: pytest.MonkeyPatch
):
    async with serving(database_url, curve_readings_max=1_000) as served:
        van = Van(served)
        devices = [await van.device(f"Van {n}") for n in range(4)]
        await van.shipment(devices, begins=van.now_ms - 600 * MINUTE_MS)
        for device in devices:
            for part in range(6):
                await van.say(device, *[4.0] * 100, ended=100 * (5 - part))
        asked = 0
        judge_so_far = served.application.get(ColdChain).curves._asked

        async def counted(*args: object, **options: object) -> object:
            nonlocal asked
            asked += 1
            return await judge_so_far(*args, **options)  # type: ignore[arg-type]

        monkeypatch.setattr(served.application.get(ColdChain).curves, "_asked", counted)
        path = "GET /api/batches/batch-1/curves"
        answers = await asyncio.gather(*(served.call(path, role=None) for _ in range(20)))
        assert (asked, {answer.status for answer in answers}) == (1, {200})
        curves = answers[0].body["curves"]
        assert [curve["readings"] for curve in curves] == [300] * 4  # 250 each, in whole batches
        newest = max(curves[0]["lines"][-1]["at_ms"])
        assert newest == van.now_ms
        van.later(0.1)
        await served.call(path, role=None)
        assert asked == 2
        points = sum(len(line["at_ms"]) for curve in curves for line in curve["lines"])
        assert json.dumps(curves).count("faults") == 4
        assert points <= 20_000
