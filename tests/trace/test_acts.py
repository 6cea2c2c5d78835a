"""Whatever staff do with batches is in the audit log, once, under their name."""

import json

from livehub.base.auth import Role
from tests.trace.farm import GTIN, NOW_MS, TraceFarm


async def test_every_change_is_in_the_audit_log_once(farm: TraceFarm) -> None:
    made = await farm.batch()
    one = f"/api/batches/{made['id']}"
    await farm.done(f"POST {one}/steps", {"kind": "washed", "at": NOW_MS}, role=Role.PICKER)
    sheet = await farm.done(f"POST {one}/sheets", {"boxes": 2}, role=Role.PICKER)
    serial = sheet["serials"][0]
    line = await farm.order_line()
    for _ in range(2):
        box = {"code": f"(01){GTIN}(10)20261128A(21){serial}", "order_line": line}
        await farm.done("POST /api/boxes", box, role=Role.PICKER)
    making = await farm.done(
        "POST /api/batch-makings",
        {"kind": "repack", "at": NOW_MS, "inputs": [{"batch": made["id"], "units": 1}], "outputs": [{"lot": "R", "units": 1}]},
        role=Role.OPS,
    )  # fmt: skip
    rows = await farm.served.database.fetch("SELECT by_id, type, subject, after, data FROM audit ORDER BY id")
    acts = [
        (r["by_id"], r["type"], r["subject"], json.loads(r["after"] or "null"), json.loads(r["data"])) for r in rows
    ]
    assert acts == [
        (
            "the-farm",
            "batch",
            made["id"],
            {"gtin": GTIN, "lot": "20261128A", "product": "blueberries", "units": 480},
            {},
        ),
        ("the-picker", "batch_step", made["id"], None, {"kind": "washed"}),
        ("the-picker", "batch_boxes", made["id"], None, {"boxes": 2}),
        ("the-picker", "box_packed", made["id"], None, {"serial": serial, "line": line}),
        ("the-ops", "batch_making", making["id"], None, {"kind": "repack", "inputs": 1, "outputs": 1}),
    ]
