"""What breaks a rule is told once, of exactly the batches that were there, with its reading; and nothing is taken back."""

from typing import Any

from livehub.base.auth import Role
from tests.trace.coldchain.van import FRESH, MINUTE_MS, Van
from tests.trace.farm import batch
from trace.coldchain.finding import Q

WARM = [9.0] * 12


async def test_a_hot_van_is_a_breach_of_exactly_what_was_in_it(van: Van):
    hot, cold = await van.device("hot"), await van.device("cold")
    await van.rule(offer={"kind": "coupon", "amount_minor": 500, "currency": "CNY"})
    shipment = await van.shipment([hot], ["batch-1", "batch-2"])
    other = await van.shipment([cold], ["batch-3"])
    await van.live(hot, 4.0, *WARM)
    await van.live(cold, 4.0)
    assert await van.told() == [("warning", "above"), ("breach", "above")]
    (event,) = await van.events()
    breach = (await van.findings("?level=breach"))[0]
    assert event == {
        "event": "coldchain.breach", "breach": breach["id"], "shipment": shipment, "device": hot, "product": "default",
        "batches": ["batch-1", "batch-2"], "cause": "above", "started_ms": event["started_ms"], "at_ms": event["told_ms"],
        "told_ms": event["told_ms"], "celsius": 9.0, "limit": 8.0, "minutes": 11.0, "is_late": False,
        "offer": {"kind": "coupon", "amount_minor": 500, "currency": "CNY", "days": 30},
    }  # fmt: skip
    assert event["at_ms"] - event["started_ms"] == 11 * MINUTE_MS
    (entry,) = await van.entries("cold_chain_breach")
    assert (entry["finding"], entry["batches"], entry["celsius"], entry["limit"]) == (
        breach["id"], ["batch-1", "batch-2"], "9.0", "8.0",
    )  # fmt: skip
    assert await van.findings(f"?shipment={other}") == []
    assert [each["id"] for each in await van.findings("?batch=batch-2&level=breach")] == [breach["id"]]
    await van.live(hot, 4.0)
    ended = (await van.findings("?level=breach"))[0]
    assert (ended["worst_c"], ended["ended_at"] is not None) == (9.0, True)


async def test_the_same_readings_again_break_nothing_again(van: Van):
    device = await van.device()
    await van.rule()
    await van.shipment([device], begins=van.now_ms - 60 * MINUTE_MS)
    await van.say(device, 4.0, *WARM, seq=1)
    before = await van.served.contents()
    assert (await van.say(device, 4.0, *WARM, seq=1)).status == 200
    assert await van.served.contents() == before


async def test_each_product_is_held_to_its_own_rule(van: Van):
    device = await van.device()
    await van.rule("ice", high_c=-15.0, minutes=0)
    await van.rule()
    batches = [{"batch": "cream", "product": "ice"}, {"batch": "milk", "product": "dairy"}]
    await van.shipment([device], batches)
    await van.live(device, 4.0)
    (event,) = await van.events()
    assert (event["product"], event["batches"]) == ("ice", ["cream"])


async def test_k9_a_backlog_after_a_gap_is_judged_and_told_as_late_with_both_times(van: Van):
    device = await van.device()
    await van.rule()
    await van.shipment([device])
    await van.live(device, 4.0)
    van.later(120)
    await van.say(device, 4.0)  # the newest first
    assert await van.told() == [("warning", "silence")]
    await van.say(device, *[4.0] * 20, *WARM, *[4.0] * 86, ended=1)
    told = await van.findings("?level=breach")
    assert [(each["cause"], each["is_late"]) for each in told] == [("above", True)]
    assert told[0]["reading_at"] < told[0]["told_at"]
    (event,) = await van.events()
    assert event["is_late"]
    assert event["told_ms"] - event["at_ms"] == (1 + 86) * MINUTE_MS
    warnings = {each["cause"]: each["correction"] for each in await van.findings("?level=warning")}
    assert warnings == {"above": None, "silence": "readings that came later"}


async def test_k9_a_backlog_that_shows_that_a_breach_began_before_is_no_second_one(van: Van):
    device = await van.device()
    await van.rule()
    await van.shipment([device])
    await van.live(device, 4.0)
    van.later(25)
    await van.live(device, *WARM)
    assert len(await van.events()) == 1
    await van.say(device, 9.0, 9.0, 9.0, ended=13)  # it had been warm for three minutes already
    assert len(await van.events()) == 1
    assert await van.events("coldchain.corrected") == []


async def test_k14_a_corrected_reading_corrects_and_takes_nothing_back(van: Van):
    device = await van.device()
    await van.rule()
    shipment = await van.shipment([device])
    await van.live(device, 4.0, *WARM)
    (breach,) = await van.findings("?level=breach")
    body = {"since": 0, "until": van.now_ms + 1, "offset_c": -3.0, "reason": "reads three degrees too warm"}
    made = await van.done(f"POST /api/devices/{device}/corrections", body)
    assert made["findings"] == []
    (after,) = await van.findings("?level=breach")
    assert (after["id"], after["correction"]) == (breach["id"], "reads three degrees too warm")
    assert after["corrected_at"] is not None
    assert len(await van.events()) == 1
    (event,) = await van.events("coldchain.corrected")
    assert (event["breach"], event["shipment"]) == (breach["id"], shipment)
    assert len(await van.entries("cold_chain_breach")) == 1
    assert breach["id"] in (await van.entries("cold_chain_corrected"))[0]["findings"]
    (row,) = await van.served.database.fetch("SELECT celsius FROM sensor_batches WHERE seq = 5")
    assert row["celsius"] == [9.0]  # as the device said
    await van.live(device, *WARM)  # nine degrees of this device are six from here on, too: until the correction ends
    assert len(await van.events()) == 2


async def test_a_correction_may_show_a_breach(van: Van):
    device = await van.device()
    await van.rule()
    await van.shipment([device])
    await van.live(device, *[7.0] * 13)
    body = {"since": 0, "until": van.now_ms + 1, "offset_c": 2.0, "reason": "reads two degrees too cold"}
    await van.done(f"POST /api/devices/{device}/corrections", body)
    assert await van.told() == [("warning", "above"), ("breach", "above")]


async def test_k10_a_sensor_that_falls_silent_is_told_of_once(van: Van):
    device = await van.device()
    await van.rule()
    await van.shipment([device])
    await van.live(device, 4.0)
    van.later(30)
    assert await van.look() == 0
    van.later(1)
    assert await van.look() == 1
    assert await van.look() == 0
    assert await van.told() == [("warning", "silence")]
    (event,) = await van.events("coldchain.warning")
    assert event["cause"] == "silence"
    van.later(9)
    await van.say(device, 9.0)
    told = await van.findings()
    assert [(each["level"], each["cause"]) for each in told] == [("warning", "silence"), ("breach", "above")]
    assert told[1]["minutes"] == 40.0  # of the gap's neighbours the worse counts for all of it


async def test_a_sensor_that_never_says_anything_is_told_of_and_one_of_a_shipment_that_is_over_is_not(van: Van):
    device, gone = await van.device(), await van.device()
    await van.shipment([device])
    over = await van.shipment([gone])
    await van.done(f"POST /api/shipments/{over}/end", {})
    van.later(31)
    assert await van.look() == 1
    assert [each["device"] for each in await van.findings()] == [device]


async def test_k1_what_is_no_temperature_is_no_breach(van: Van):
    device = await van.device()
    await van.rule(high_c=8.0, minutes=0)
    await van.shipment([device])
    await van.live(device, 4.0, 85.0)
    await van.live(device, -127.0, 6552.6, 4.0)
    assert await van.told() == [("warning", "implausible")]
    assert await van.events() == []


async def test_goods_that_are_handed_over_too_warm_are_a_breach_and_on_record(van: Van):
    device = await van.device()
    await van.rule(high_c=8.0, handover_c=6.0)
    shipment = await van.shipment([device])
    path = f"POST /api/shipments/{shipment}/handovers"
    assert (await van.done(path, {"celsius": 6.0, "place": "Hub"}))["findings"] == []
    van.later(1)
    made = await van.done(path, {"celsius": 6.5, "place": "East gate"})
    van.later(1)
    (event,) = await van.events()
    assert (event["breach"], event["cause"], event["device"], event["celsius"], event["limit"]) == (
        made["findings"][0], "handover", None, 6.5, 6.0,
    )  # fmt: skip
    shown = await van.done(f"GET /api/shipments/{shipment}")
    assert [(each["place"], each["celsius"]) for each in shown["handovers"]] == [("Hub", 6.0), ("East gate", 6.5)]
    ended = await van.done(f"POST /api/shipments/{shipment}/end", {"celsius": 7.0, "place": "Shop"})
    assert [each["celsius"] for each in ended["handovers"]] == [6.0, 6.5, 7.0]
    assert len(await van.events()) == 2


async def test_a_reading_of_a_sensor_whose_calibration_is_due_counts_and_is_marked(van: Van):
    device = await van.device()
    await van.rule(high_c=8.0, minutes=0)
    await van.shipment([device])
    body = {"at": van.now_ms - 1000, "due": van.now_ms + 90_000, "laboratory": "Lab", "certificate": "C-1"}
    await van.done(f"POST /api/devices/{device}/calibrations", body)
    await van.live(device, 9.0, 4.0, 9.0)
    assert [each["is_overdue"] for each in await van.findings("?level=breach")] == [False, True]
    assert (await van.done("GET /api/devices"))["items"][0]["is_overdue"]
    assert (await van.entries("calibration"))[0]["certificate"] == "C-1"


async def test_what_is_said_after_the_end_or_before_the_beginning_is_not_about_the_goods(van: Van):
    device = await van.device()
    await van.rule(high_c=8.0, minutes=0)
    await van.live(device, 30.0)
    van.later(1)
    shipment = await van.shipment([device])
    await van.live(device, 4.0)
    await van.done(f"POST /api/shipments/{shipment}/end", {})
    await van.live(device, 30.0)
    assert await van.events() == []
    await van.say(device, 30.0, ended=1.5)  # late, and of the time in between
    assert [event["is_late"] for event in await van.events()] == [True]


async def test_a_shipment_that_is_entered_afterwards_is_judged_by_what_was_said(van: Van):
    device = await van.device()
    await van.rule()
    began = van.now_ms
    await van.live(device, 4.0, *WARM)
    await van.shipment([device], begins=began)
    assert await van.told() == [("warning", "above"), ("breach", "above")]


async def test_a_batch_is_held_to_the_rule_of_its_own_product(van: Van):
    made = await van.done("POST /api/batches", batch(product="blueberries"))
    await van.rule("blueberries", high_c=4.0)
    device = await van.device()
    shipment = await van.shipment([device], [made["id"]])
    shown = await van.done(f"GET /api/shipments/{shipment}")
    assert shown["batches"] == [{"batch": made["id"], "product": "blueberries"}]
    await van.live(device, *[5.0] * 12)
    assert ("breach", "above") in await van.told()


async def test_a_shipment_has_its_places_or_its_times_and_ends_once(van: Van):
    device = await van.device()
    shipment = await van.shipment([device], begins="Farm", to="East gate")
    shown = await van.done(f"GET /api/shipments/{shipment}")
    assert (shown["origin"], shown["destination"], shown["ended_at"]) == ("Farm", "East gate", None)
    assert (shown["batches"], shown["devices"]) == ([{"batch": "batch-1", "product": "default"}], [device])
    van.later(5)
    assert (await van.call(f"POST /api/shipments/{shipment}/end", {}, role=Role.PICKER)).status == 200
    again = await van.call(f"POST /api/shipments/{shipment}/end", {})
    assert (again.status, again.body["code"]) == (409, 6075)
    later = await van.shipment([device], to=van.now_ms + MINUTE_MS)
    assert [each["id"] for each in (await van.done("GET /api/shipments"))["items"]] == [later, shipment]
    assert [each["id"] for each in (await van.done("GET /api/shipments?is_open=true"))["items"]] == [later]
    assert [entry["shipment"] for entry in await van.entries("shipment")] == [shipment, later]


async def test_what_is_no_shipment_changes_nothing(van: Van):
    device = await van.device()
    shipment = await van.shipment([device])
    now = van.now_ms
    before = await van.served.contents()
    bodies: list[tuple[dict[str, Any], int, int]] = [
        ({"batches": [], "devices": [device], "from": now}, 400, 1000),
        ({"batches": ["b"], "devices": [], "from": now}, 400, 1000),
        ({"batches": ["b"], "devices": ["nobody"], "from": now}, 404, 6073),
        ({"batches": ["b"], "devices": [device], "from": now, "to": now}, 400, 1000),
        ({"batches": ["b"], "devices": [device]}, 400, 1000),
        ({"batches": ["b"], "devices": [f"d{n}" for n in range(21)], "from": now}, 400, 1000),
    ]
    for body, status, code in bodies:
        answer = await van.call("POST /api/shipments", body)
        assert (answer.status, answer.body["code"]) == (status, code), body
    for at in (now - 1, now + 1):
        assert (await van.call(f"POST /api/shipments/{shipment}/end", {"at": at})).body["code"] == 1000
    assert (await van.call("POST /api/shipments/nothing/end", {})).body["code"] == 6074
    assert (await van.call("POST /api/shipments", {**bodies[3][0], "to": "There"}, role=Role.COURIER)).status == 403
    assert await van.served.contents() == before


async def test_ops_say_what_a_product_bears_and_what_buyers_are_offered(van: Van):
    made = await van.rule("berries", {"kind": "refund"}, **FRESH)
    assert (made["product"], made["version"], made["offer"]) == (
        "berries",
        1,
        {"kind": "refund", "amount_minor": None, "currency": None, "days": 30},
    )
    assert (await van.call("POST /api/cold-chain/rules/berries", {"rule": FRESH})).body["code"] == 1011
    body = {"rule": {**FRESH, "cumulative_minutes": 20}, "model": "blueberries", "version": 1}
    changed = await van.done("POST /api/cold-chain/rules/berries", body)
    assert (changed["version"], changed["model"], changed["offer"]["kind"]) == (2, "blueberries", "none")
    before = await van.served.contents()
    for rule, code in (({"high_c": 1, "low_c": 1}, 1000), ({"cumulative_minutes": 60}, 1000), ({"minutes": -1}, 1000)):
        answer = await van.call("POST /api/cold-chain/rules/new", {"rule": rule})
        assert answer.body["code"] == code
    nothing = {"rule": {}, "offer": {"kind": "coupon", "currency": "CNY"}}
    assert (await van.call("POST /api/cold-chain/rules/new", nothing)).body["field"] == "offer.amount_minor"
    assert (await van.call("POST /api/cold-chain/rules/new", {"rule": {}, "model": "stones"})).body["code"] == 6076
    assert (await van.call("POST /api/cold-chain/rules/new", {"rule": {}}, role=Role.PICKER)).status == 403
    assert await van.served.contents() == before


async def test_a_curve_has_its_gap_its_limits_its_faults_and_what_is_left_of_the_life(van: Van):
    device = await van.device()
    await van.rule("lettuce")
    body = {"rule": FRESH, "model": "fresh-cut-lettuce", "version": 1}
    await van.done("POST /api/cold-chain/rules/lettuce", body)
    shipment = await van.shipment([device], [{"batch": "batch-1", "product": "lettuce"}])
    await van.live(device, 4.0, 4.2, 85.0)
    van.later(40)
    await van.live(device, 5.0)
    public = await van.served.call("GET /api/batches/batch-1/curves", role=None)
    found = public.body
    assert found == {**await van.done(f"GET /api/shipments/{shipment}/curves")}
    assert (found["product"], found["high_c"], found["low_c"], found["gap_s"]) == ("lettuce", 8.0, 0.0, 1800.0)
    (curve,) = found["curves"]
    assert [line["celsius"] for line in curve["lines"]] == [[4.0, 4.2], [5.0]]
    assert [(each["celsius"], each["reason"]) for each in curve["faults"]] == [(85.0, "power_up")]
    assert (curve["lowest_c"], curve["highest_c"], curve["readings"]) == (4.0, 5.0, 4)
    assert 4.9 < curve["mean_kinetic_c"] < 5.0
    life = found["shelf_life"]
    assert (life["is_assumed"], life["model"]["points"][0]["days"]["author"]) == (True, "Derossi et al.")
    assert 10.0 < life["life"]["days"] < 10.8
    assert found["breaches"] == []
    assert (await van.served.call("GET /api/batches/nothing/curves", role=None)).body["curves"] == []
    assert (await van.call("GET /api/shipments/nothing/curves")).body["code"] == 6074


async def test_models_are_told_with_every_source(van: Van):
    models = (await van.served.call("GET /api/cold-chain/models", role=None)).body["items"]
    assert [model["id"] for model in models] == ["fresh-cut-lettuce", "strawberries", "blueberries"]
    assert models[2]["points"][0]["days"]["kind"] == "assumed"


async def test_readings_are_forgotten_after_their_time_and_what_they_broke_is_not(van: Van):
    device = await van.device()
    await van.rule(high_c=8.0, minutes=0)
    await van.shipment([device])
    await van.live(device, 9.0)
    assert await van.served.database.fetchval(Q["forget_batches"], van.now_ms, 10) == 0
    assert await van.served.database.fetchval(Q["forget_batches"], van.now_ms + 1, 10) == 1
    assert len(await van.findings("?level=breach")) == 1
