"""A batch has a code that nobody else has, is in the log with all that is known of it, and is made once under one key."""

import asyncio
import hashlib
import json
import re
from pathlib import Path
from typing import Any

from livehub.app import MODULES
from livehub.base.auth import Role
from tests.base.uploads.pictures import quarters, saved
from tests.trace.farm import GTIN, NOW_MS, OTHER_GTIN, PLACE, TraceFarm, batch, farming
from tests.trace.logs import writing
from trace.batches.places import is_swapped

BATCHES = "POST /api/batches"


async def test_a_batch_is_made_with_its_code_and_its_entry(farm: TraceFarm) -> None:
    made = await farm.batch()
    assert made == {
        "id": made["id"],
        "code": f"https://shop.example/01/{GTIN}/10/20261128A",
        "chain": {"state": "pending", "leaf": None},
    }
    (entry,) = await farm.entries()
    assert entry == {
        "type": "batch", "at": "2027-01-15T08:00:00.000Z", "batch": made["id"], "product": "blueberries", "gtin": GTIN,
        "lot": "20261128A", "made_by": "harvest", "made_at": "2027-01-15T07:00:00.000Z", "units": 480, "certificates": [],
        "place": {"name": PLACE["name"], "lat": "30.120000", "lon": "120.080000"},
    }  # fmt: skip
    await farm.publish()
    shown = await farm.done(f"GET /api/batches/{made['id']}")
    assert shown == {
        "id": made["id"], "product": "blueberries", "gtin": GTIN, "lot": "20261128A", "code": made["code"],
        "made_by": "harvest", "made_at": "2027-01-15T07:00:00.000Z", "units": 480, "left": 480, "boxes": 0, "packed": 0,
        "place": PLACE | {"datum": "wgs84", "given_lat": 30.12, "given_lon": 120.08}, "chain": {"state": "pending", "leaf": 0},
        "certificates": [], "steps": [],
    }  # fmt: skip


async def test_a_batch_answers_with_its_leaf_once_a_published_checkpoint_has_it(
    database_url: str, folder: Path
) -> None:
    async with writing(database_url, folder), farming(database_url, log_dir=str(folder)) as farm:
        made = await farm.batch()
        assert made["chain"] == {"state": "pending", "leaf": 0}
        answer = await farm.call("GET /log/proof/0", role=None)
        assert (answer.status, answer.raw[:24]) == (200, b"c2sp.org/tlog-proof@v1\ni")


async def test_a_batch_answers_without_its_leaf_when_the_log_takes_too_long(database_url: str, folder: Path) -> None:
    async with farming(database_url, log_dir=str(folder), log_wait_s_max=0.1) as farm:
        assert (await farm.batch())["chain"] == {"state": "pending", "leaf": None}


async def test_the_same_key_is_the_same_batch_and_another_body_under_it_is_refused(farm: TraceFarm) -> None:
    headers = {"Idempotency-Key": "harvest-20261128A"}
    first = await farm.call(BATCHES, batch(), headers=headers)
    again = await farm.call(BATCHES, batch(), headers=headers)
    assert (first.status, again.status, again.body) == (201, 201, first.body)
    other = await farm.call(BATCHES, batch(units=481), headers=headers)
    assert (other.status, other.body["name"]) == (422, "key_reused")
    at_once = await asyncio.gather(
        *(farm.call(BATCHES, batch("B"), headers={"Idempotency-Key": "harvest-B"}) for _ in range(4))
    )
    assert {answer.status for answer in at_once} == {201}
    assert len({answer.body["id"] for answer in at_once}) == 1
    assert len(await farm.entries()) == 2


async def test_a_lot_is_of_one_batch_of_its_gtin(farm: TraceFarm) -> None:
    made = await farm.batch()
    status, name, body = await farm.refused(BATCHES, batch(units=3))
    assert (status, name, body["batch"]) == (409, "lot_taken", made["id"])
    await farm.batch(gtin=OTHER_GTIN)


async def test_a_code_that_is_none_is_refused(farm: TraceFarm) -> None:
    for fields, ai, reason in [
        ({"gtin": "09520123456789"}, "01", "check_digit"),
        ({"gtin": "0952012345678"}, "01", "check_digit"),
        ({"gtin": "952012345"}, "01", "length"),
        ({"gtin": "0952012345678X"}, "01", "characters"),
        ({"lot": "批次1"}, "10", "characters"),
        ({"lot": "A B"}, "10", "characters"),
        ({"lot": "ABCDEFGHIJKLMNOPQRSTU"}, "10", "length"),
        ({"lot": ""}, "10", "length"),
    ]:
        status, name, body = await farm.refused(BATCHES, batch(**fields))
        assert (status, name, body["ai"], body["reason"]) == (400, "code_unreadable", ai, reason)


async def test_a_slash_in_a_lot_is_percent_encoded_in_its_code(farm: TraceFarm) -> None:
    assert (await farm.batch("AB/C"))["code"] == f"https://shop.example/01/{GTIN}/10/AB%2FC"


async def test_a_gtin_of_13_digits_is_kept_with_14(farm: TraceFarm) -> None:
    assert (await farm.batch(gtin=GTIN[1:]))["code"] == f"https://shop.example/01/{GTIN}/10/20261128A"


async def test_a_place_that_is_nowhere_or_swapped_is_named(farm: TraceFarm) -> None:
    cases: list[tuple[dict[str, Any], str]] = [
        ({"lat": 121.5, "lon": 31.2}, "look swapped"),
        ({"lat": 87.6, "lon": 43.8}, "look swapped"),
        ({"lat": 95, "lon": 120}, "between -90 and 90"),
    ]
    for place, says in cases:
        status, _, body = await farm.refused(BATCHES, batch(place=PLACE | place))
        assert (status, body["field"]) == (400, "place.lat")
        assert says in body["detail"]
        assert not is_swapped(31.2, 121.5)
        assert not is_swapped(-33.9, 151.2)


async def test_a_place_of_a_chinese_map_is_kept_as_given_and_in_wgs84(farm: TraceFarm) -> None:
    made = await farm.batch(place=PLACE | {"lat": 39.90872, "lon": 116.39748, "datum": "gcj02"})
    place = (await farm.done(f"GET /api/batches/{made['id']}"))["place"]
    assert (place["datum"], place["given_lat"], place["given_lon"]) == ("gcj02", 39.90872, 116.39748)
    assert (round(place["lat"], 4), round(place["lon"], 4)) == (39.9073, 116.3912)


async def test_what_is_no_batch_is_refused_at_its_field(farm: TraceFarm) -> None:
    cases: list[tuple[dict[str, Any], str]] = [
        ({"harvested_at": NOW_MS + 90_000_000}, "harvested_at"),
        ({"units": 0}, "units"),
        ({"units": 1.5}, "units"),
        ({"certificates": [{"kind": "organic", "valid_until": "2027-02-30"}]}, "certificates.valid_until"),
        ({"place": {"name": "x", "lat": 1}}, "place.lon"),
    ]
    for fields, field in cases:
        status, _, body = await farm.refused(BATCHES, batch(**fields))
        assert (status, body["field"]) == (400, field)


async def test_certificates_are_shown_and_are_in_the_log_by_the_hash_of_their_file(
    database_url: str, folder: Path
) -> None:
    async with farming(database_url, uploads_dir=str(folder)) as farm:
        picture = saved(quarters())
        upload = await farm.call("POST /api/uploads", raw=picture, headers={"Content-Type": "image/jpeg"})
        digest = hashlib.sha256(picture).hexdigest()
        organic = {"kind": "有机", "number": "CN-1", "picture": upload.body["id"], "valid_until": "2027-12-31"}
        made = await farm.batch(certificates=[organic, upload.body["id"]])
        shown = (await farm.done(f"GET /api/batches/{made['id']}"))["certificates"]
        address = f"/uploads/{upload.body['id']}/large.webp"
        assert shown == [
            {"kind": "有机", "number": "CN-1", "valid_until": "2027-12-31", "picture": address, "sha256": digest},
            {"kind": "certificate", "number": "", "valid_until": None, "picture": address, "sha256": digest},
        ]
        (entry,) = await farm.entries()
        assert entry["certificates"][0] == {
            "kind": "有机",
            "number": "CN-1",
            "valid_until": "2027-12-31",
            "sha256": digest,
        }
        status, name, body = await farm.refused(BATCHES, batch("B", certificates=["0" * 18]))
        assert (status, name, body["field"]) == (404, "upload_not_found", "certificates[0]")


async def test_batches_are_listed_the_latest_first_and_found_by_lot_and_product(farm: TraceFarm) -> None:
    for lot in ("A1", "A2", "B1"):
        farm.served.clock.now_s += 1
        await farm.batch(lot, product="jam" if lot == "B1" else "blueberries")
    page = await farm.done("GET /api/batches?limit=2")
    assert [each["lot"] for each in page["items"]] == ["B1", "A2"]
    rest = await farm.done(f"GET /api/batches?limit=2&after={page['next']}")
    assert ([each["lot"] for each in rest["items"]], rest["next"]) == (["A1"], None)
    assert [each["lot"] for each in (await farm.done("GET /api/batches?q=a"))["items"]] == ["A2", "A1"]
    assert [each["lot"] for each in (await farm.done("GET /api/batches?product=jam"))["items"]] == ["B1"]
    assert (await farm.call("GET /api/batches/nothing")).status == 404


async def test_a_step_is_recorded_once_and_says_nothing_of_people_in_the_log(farm: TraceFarm) -> None:
    made = await farm.batch()
    step = {
        "kind": "washed",
        "at": NOW_MS - 1000,
        "celsius": 4.1,
        "note": "by Old Wang",
        "place": PLACE | {"name": "Hall"},
    }
    steps, headers = f"POST /api/batches/{made['id']}/steps", {"Idempotency-Key": "a-phone's-key"}
    first = await farm.call(steps, step, role=Role.PICKER, headers=headers)
    assert (first.status, first.body["celsius"], first.body["leaf"]) == (201, 4.1, None)
    await farm.served.database.execute("DELETE FROM idempotency_keys")  # the phone was offline for long
    again = await farm.call(steps, step, role=Role.PICKER, headers=headers)
    assert again.body == first.body
    other = await farm.call(steps, step | {"celsius": 5}, role=Role.PICKER, headers=headers)
    assert (other.status, other.body["name"]) == (422, "key_reused")
    entry = (await farm.entries())[1]
    commitments = {name: entry.pop(name) for name in ("by_commitment", "note_commitment")}
    assert all(re.fullmatch(r"[A-Za-z0-9+/]{43}=", each) for each in commitments.values())
    assert entry == {
        "type": "batch_step", "at": "2027-01-15T08:00:00.000Z", "step": first.body["id"], "batch": made["id"], "kind": "washed",
        "done_at": "2027-01-15T07:59:59.000Z", "celsius": "4.1",
        "place": {"name": "Hall", "lat": "30.120000", "lon": "120.080000"},
    }  # fmt: skip
    salts = await farm.served.database.fetch("SELECT commitment, person FROM log_salts")
    assert {row["commitment"] for row in salts} == set(commitments.values())
    assert {row["person"] for row in salts} == {"the-picker"}
    await farm.publish()
    assert [each["leaf"] for each in (await farm.done(f"GET /api/batches/{made['id']}"))["steps"]] == [2]


async def test_what_is_no_step_is_refused(farm: TraceFarm) -> None:
    made = await farm.batch()
    cases: list[tuple[dict[str, Any], str]] = [
        ({"kind": "sung"}, "kind"),
        ({"celsius": 6552.6}, "celsius"),
        ({"at": NOW_MS + 90_000_000}, "at"),
        ({"photo": "x"}, "photo"),
    ]
    for fields, field in cases:
        step = {"kind": "washed", "at": NOW_MS} | fields
        status, _, body = await farm.refused(f"POST /api/batches/{made['id']}/steps", step)
        assert (status, body["field"]) == (400, field)
        assert (await farm.refused("POST /api/batches/nothing/steps", {"kind": "washed", "at": NOW_MS}))[:2] == (
            404,
            "batch_not_found",
        )


async def test_an_erased_person_leaves_the_step_and_no_salt(farm: TraceFarm) -> None:
    made = await farm.batch()
    await farm.done(
        f"POST /api/batches/{made['id']}/steps", {"kind": "washed", "at": NOW_MS, "note": "me"}, role=Role.COURIER
    )
    entries = await farm.entries()
    tables = {each.table: each for module in MODULES for each in module.person_tables}
    for table in ("batch_steps", "log_salts"):
        query = tables[table].erase
        assert query is not None
        assert await farm.served.database.fetchval(query, "the-courier", "erased-1") > 0
    (row,) = await farm.served.database.fetch("SELECT created_by, note FROM batch_steps")
    assert tuple(row) == ("erased-1", "")
    assert await farm.served.database.fetchval("SELECT count(*) FROM log_salts") == 0
    assert await farm.entries() == entries


async def test_where_somebody_lives_is_neither_in_the_log_nor_on_the_page(farm: TraceFarm) -> None:
    made = await farm.batch()
    home = PLACE | {"name": "Room 1204 of Li Na", "lat": 30.31}
    for n, kind in enumerate(("handed_over", "delivered")):
        step = {"kind": kind, "at": NOW_MS + n, "place": home}
        assert (await farm.call(f"POST /api/batches/{made['id']}/steps", step, role=Role.COURIER)).status == 201
    await farm.publish()
    logged = json.dumps(await farm.all_entries(), ensure_ascii=False)
    told = await farm.done(f"GET /api/batches/{made['id']}/journey", role=None)
    for everybody in (logged, json.dumps(told, ensure_ascii=False)):
        assert [word for word in ("Li Na", "1204", "30.31") if word in everybody] == []
    assert [each["kind"] for each in told["events"]] == ["harvested", "handed_over", "delivered"]
