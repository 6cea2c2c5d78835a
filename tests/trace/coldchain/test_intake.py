"""What devices send is taken once, whoever sends it how often, and answered reading by reading."""

import asyncio
import hashlib
import json

from livehub.base.auth import Role
from tests.trace.coldchain.van import MINUTE_MS, Van, signed

HOUR_MS = 60 * MINUTE_MS


async def test_readings_are_taken_and_their_hash_is_in_the_log(van: Van):
    device = await van.device()
    body = json.dumps({"seq": 1, "readings": [{"at": van.now_ms, "celsius": 4.1, "humidity": 88}]}).encode()
    answer = await van.post(device, body)
    assert (answer.status, answer.body) == (200, {"accepted": 1, "refused": []})
    (entry,) = await van.entries("readings")
    assert entry["batches"] == [[device, 1, 1, hashlib.sha256(body).hexdigest()]]
    listed = (await van.done("GET /api/devices"))["items"][0]
    assert (listed["newest_c"], listed["skew_s"], listed["is_overdue"]) == (4.1, 0.0, False)


async def test_a_key_is_told_once_and_stored_sealed(van: Van):
    device = await van.device()
    assert len(bytes.fromhex(van.keys[device])) == 32
    listed = await van.call("GET /api/devices")
    assert van.keys[device].encode() not in listed.raw
    rows = await van.served.contents()
    assert not [row for table in rows.values() for row in table if van.keys[device] in row]


async def test_k16_the_same_body_again_gets_the_same_answer_and_changes_nothing(van: Van):
    device = await van.device()
    first = await van.say(device, 4.0, 6552.6, seq=1)
    before = await van.served.contents()
    van.later(0)
    again = await van.say(device, 4.0, 6552.6, seq=1)
    assert (again.status, again.body) == (200, first.body)
    assert await van.served.contents() == before


async def test_k17_another_body_under_one_seq_is_refused(van: Van):
    device = await van.device()
    await van.say(device, 4.0, seq=1)
    before = await van.served.contents()
    answer = await van.say(device, 4.1, seq=1)
    assert (answer.status, answer.body["code"]) == (409, 6071)
    assert await van.served.contents() == before


async def test_a_lower_seq_never_seen_is_backlog(van: Van):
    device = await van.device()
    await van.say(device, 4.0, seq=9)
    answer = await van.say(device, 4.2, seq=3, ended=120)
    assert (answer.status, answer.body["accepted"]) == (200, 1)
    listed = (await van.done("GET /api/devices"))["items"][0]
    assert (listed["newest_c"], listed["skew_s"]) == (4.0, 0.0)


async def test_k17_whoever_signs_wrong_or_is_unknown_is_refused(van: Van):
    device = await van.device()
    body = json.dumps({"seq": 1, "readings": [{"at": van.now_ms, "celsius": 4.1}]}).encode()
    right = signed(van.keys[device], body)
    before = await van.served.contents()
    for sent, signature in (
        (body, ""), (body, "00" * 32), (body + b" ", right), (body, right[:-1]), (body, "é" * 64),
        (body, signed("00" * 32, body)),
    ):  # fmt: skip
        answer = await van.served.call(
            f"POST /api/sensors/{device}/readings", role=None, raw=sent,
            headers={"X-Signature": signature.encode().decode("latin-1")},
        )  # fmt: skip
        assert (answer.status, answer.body["code"]) == (401, 6070)
    van.keys["nobody"] = van.keys[device]
    assert (await van.post("nobody", body)).status == 401
    assert (await van.post(device, body, signature=right)).status == 200
    del before["sensor_batches"], before["sensor_devices"], before["log_entries"]
    after = await van.served.contents()
    assert {table: after[table] for table in before} == before
    assert len(after["sensor_batches"]) == 1


async def test_whoever_goes_on_signing_wrong_has_to_wait(van: Van):
    device = await van.device()
    statuses = [(await van.post(device, b"{}", signature="00" * 32)).status for _ in range(35)]
    assert statuses[:30] == [401] * 30
    assert statuses[34] == 429


async def test_a_device_that_is_switched_off_is_refused(van: Van):
    device = await van.device()
    await van.done(f"PATCH /api/devices/{device}", {"is_on": False})
    assert (await van.say(device, 4.0)).status == 401


async def test_a_body_that_is_none_is_refused_and_its_seq_stays_free(van: Van):
    device = await van.device()
    for raw in (b"", b"[]", b'{"seq": 1}', b'{"seq": -1, "readings": []}', b"\x00", b"{"):
        answer = await van.post(device, raw)
        assert (answer.status, answer.body["code"]) == (400, 1000)
    assert (await van.say(device, 4.0, seq=1)).status == 200


async def test_k7_the_rest_of_a_body_stands(van: Van):
    device = await van.device()
    at = van.now_ms
    raw = (
        f'{{"seq": 1, "readings": [{{"at": {at}, "celsius": 4}}, {{"at": {at}, "celsius": NaN}}, '
        f'{{"at": {at}, "celsius": "4,5"}}, {{"at": {at + 1}, "celsius": 1e400}}, {{"at": {at + 2}, "celsius": 4.2}}]}}'
    ).encode()
    answer = await van.post(device, raw)
    assert answer.body == {
        "accepted": 2,
        "refused": [{"index": n, "reason": "celsius"} for n in (1, 2, 3)],
    }


async def test_k3_k4_what_no_sensor_measured_is_told_as_refused_and_kept_to_be_shown(van: Van):
    device = await van.device()
    answer = await van.say(device, 4.0, 6552.6, -127, 4.1)
    assert answer.body == {
        "accepted": 2,
        "refused": [{"index": 1, "reason": "implausible"}, {"index": 2, "reason": "implausible"}],
    }
    (row,) = await van.served.database.fetch("SELECT celsius, faults FROM sensor_batches")
    assert (row["celsius"], row["faults"]) == ([4.0, 6552.6, -127, 4.1], [None, "implausible", "implausible", None])


async def test_k9_what_is_too_far_ahead_or_too_old_is_refused(van: Van):
    device = await van.device()
    at = van.now_ms
    times = [at + 900_000, at + 900_001, 4_070_908_800_000, 946_684_800_000, at]  # 2099 and 2000 among them
    readings = [{"at": each, "celsius": 4.0} for each in times]
    answer = await van.post(device, json.dumps({"seq": 1, "readings": readings}).encode())
    assert answer.body == {
        "accepted": 2,
        "refused": [
            {"index": 1, "reason": "future"}, {"index": 2, "reason": "future"}, {"index": 3, "reason": "no_clock"},
        ],
    }  # fmt: skip


async def test_readings_of_a_device_whose_clock_was_never_set_are_refused_and_counted_and_teach_nothing(van: Van):
    device = await van.device()
    await van.rule(high_c=8.0, minutes=0)
    await van.shipment([device], begins=van.now_ms - HOUR_MS)
    a_year = 366 * 24 * HOUR_MS
    for seq in range(5):
        van.later(1)
        times = [seq * MINUTE_MS, 946_684_800_000 + seq, van.now_ms - a_year - 1, van.now_ms - a_year, van.now_ms]
        body = {"seq": 2 * seq, "readings": [{"at": each, "celsius": 9.0} for each in times[:4]]}
        answer = await van.post(device, json.dumps(body).encode())
        reasons = ["no_clock", "no_clock", "no_clock", "too_old"]
        assert answer.body == {
            "accepted": 0, "refused": [{"index": n, "reason": reason} for n, reason in enumerate(reasons)],
        }  # fmt: skip
        body = {
            "seq": 2 * seq + 1,
            "sent_at": 0,
            "readings": [{"at": each, "celsius": 9.0} for each in (0, van.now_ms)],
        }
        answer = await van.post(device, json.dumps(body).encode())
        assert [each["reason"] for each in answer.body["refused"]] == ["no_clock", "no_clock"]
    assert await van.told() == [("warning", "silence")]
    assert (await van.done("GET /api/devices"))["items"][0]["skew_s"] == 0.0
    metrics = (await van.served.call("GET /metrics", role=None)).raw.decode()
    assert "livehub_sensor_readings_without_clock_total 25.0" in metrics
    assert (await van.say(device, 9.0, seq=10)).body["accepted"] == 1
    assert ("breach", "above") in await van.told()


async def test_k9_readings_of_a_clock_that_is_ahead_are_placed_by_ours(van: Van):
    device = await van.device()
    await van.say(device, 4.0, ended=-6)
    listed = (await van.done("GET /api/devices"))["items"][0]
    assert listed["skew_s"] == -360.0
    (row,) = await van.served.database.fetch("SELECT at_ms, skew_ms FROM sensor_batches")
    assert (row["at_ms"], row["skew_ms"]) == ([van.now_ms], -360_000)


async def test_k9_readings_of_a_clock_three_hours_behind_are_placed_by_ours_once_that_is_known(van: Van):
    device = await van.device()
    for _ in range(4):
        van.later(1)
        await van.say(device, 4.0, ended=180)
    rows = await van.served.database.fetch("SELECT at_ms[1] AS at_ms, received_ms FROM sensor_batches ORDER BY seq")
    assert [row["received_ms"] - row["at_ms"] for row in rows] == [3 * HOUR_MS, 3 * HOUR_MS, 0, 0]


async def test_k16_ten_thousand_readings_in_one_request_are_too_many(van: Van):
    device = await van.device()
    before = await van.served.contents()
    answer = await van.say(device, *[4.0] * 10_000, seq=1)
    assert (answer.status, answer.body["code"]) == (413, 6072)
    assert (answer.body["count"], answer.body["readings_max"]) == (10_000, 1_000)
    assert await van.served.contents() == before
    assert (await van.say(device, *[4.0] * 1_000, seq=1)).body["accepted"] == 1_000


async def test_many_devices_at_once_are_each_taken_once(van: Van):
    devices = [await van.device(f"Van {n}") for n in range(5)]
    answers = await asyncio.gather(
        *(van.say(device, 4.0, seq=seq) for device in devices for seq in range(20) for _ in range(2))
    )
    assert {answer.status for answer in answers} == {200}
    assert await van.served.database.fetchval("SELECT count(*) FROM sensor_batches") == 100
    said = [each for entry in await van.entries("readings") for each in entry["batches"]]
    assert sorted((device, seq) for device, seq, _, _ in said) == sorted((d, s) for d in devices for s in range(20))


async def test_whoever_is_no_staff_neither_sees_nor_enters_devices(van: Van):
    device = await van.device()
    before = await van.served.contents()
    for call, body in (
        ("GET /api/devices", None), ("POST /api/devices", {"name": "Mine", "kind": "temperature"}),
        (f"PATCH /api/devices/{device}", {"is_on": False}),
    ):  # fmt: skip
        for role in (Role.VIEWER, Role.HOST, Role.COURIER):
            assert (await van.call(call, body, role=role)).status == 403
    assert await van.served.contents() == before
