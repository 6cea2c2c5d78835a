"""What staff do about sensors and shipments is in the audit log, under their name, and tells no key."""

from livehub.base.auth import Role
from tests.trace.coldchain.van import FRESH, Van


async def test_every_act_is_in_the_audit_log_once(van: Van):
    device = await van.device()
    await van.done(f"PATCH /api/devices/{device}", {"is_on": False})
    await van.done(f"PATCH /api/devices/{device}", {"is_on": False})  # nothing is done
    await van.done(f"PATCH /api/devices/{device}", {"is_on": True})
    body = {"at": van.now_ms, "due": van.now_ms + 1, "laboratory": "Lab"}
    await van.done(f"POST /api/devices/{device}/calibrations", body)
    correction = {"since": 0, "until": 1, "reason": "It lay in the sun."}
    await van.done(f"POST /api/devices/{device}/corrections", correction)
    await van.done("POST /api/cold-chain/rules/berries", {"rule": FRESH})
    shipment = await van.shipment([device])
    await van.done(f"POST /api/shipments/{shipment}/handovers", {"celsius": 4.0, "place": "Gate"})
    await van.done(f"POST /api/shipments/{shipment}/end", {})
    rows = await van.served.call("GET /api/audit?who=the-ops", role=Role.ADMIN)
    assert sorted(row["type"] for row in rows.body["items"]) == [
        "cold_chain_rule", "readings_corrected", "sensor_added", "sensor_calibrated", "sensor_switched", "sensor_switched",
        "shipment_begun", "shipment_ended", "shipment_handed_over",
    ]  # fmt: skip
    assert {row["by"]["name"] for row in rows.body["items"]} == {"The ops"}
    assert van.keys[device] not in rows.raw.decode()


async def test_what_is_no_calibration_or_correction_changes_nothing(van: Van):
    device = await van.device()
    before = await van.served.contents()
    base = f"POST /api/devices/{device}"
    for call, body, field in (
        (f"{base}/calibrations", {"at": van.now_ms + 1, "due": van.now_ms + 2, "laboratory": "Lab"}, "at"),
        (f"{base}/calibrations", {"at": 2, "due": 2, "laboratory": "Lab"}, "due"),
        (f"{base}/corrections", {"since": 2, "until": 2, "reason": "Why"}, "until"),
        (f"{base}/corrections", {"since": 1, "until": 2, "reason": "Why", "offset_c": 51}, "offset_c"),
    ):
        refused = await van.call(call, body)
        assert (refused.status, refused.body["field"]) == (400, field)
    missing = await van.call("POST /api/devices/nothing/corrections", {"since": 1, "until": 2, "reason": "Why"})
    assert (missing.status, missing.body["code"]) == (404, 6073)
    assert await van.served.contents() == before


async def test_nothing_that_staff_typed_is_in_the_log_for_everybody(van: Van):
    device = await van.device()
    await van.rule(high_c=8.0, minutes=0)
    shipment = await van.shipment([device], begins="Li Na's farm", to="Room 1204")
    await van.live(device, 4.0, 12.0)
    await van.done(f"POST /api/shipments/{shipment}/handovers", {"celsius": 4.0, "place": "Wang's gate"})
    correction = {"since": 0, "until": van.now_ms + 1, "offset_c": -9.0, "reason": "Zhang left the door open"}
    await van.done(f"POST /api/devices/{device}/corrections", correction)
    rows = await van.served.database.fetch("SELECT entry FROM log_entries ORDER BY id")
    logged = b"\n".join(row["entry"] for row in rows).decode()
    assert [word for word in ("Li Na", "1204", "Wang", "Zhang") if word in logged] == []
    for name in ("origin_commitment", "destination_commitment", "place_commitment", "reason_commitment"):
        assert name in logged
    (corrected,) = await van.entries("cold_chain_corrected")
    assert corrected["because"] == "a correction"
