"""What queries ask for is found by an index, however many events there are: among 20,000 that differ in it."""

from typing import Any

import pytest

from livehub.base.auth import Role
from tests.base.served import Served
from trace.epcis.looking import CANDIDATES_MAX, Q

EVENTS = 20_000
BEGAN_US = 1_790_000_000_000_000
FILL = f"""
INSERT INTO epcis_events (seq, event_id, declared_us, hash, entry, type, event_us, recorded_us, biz_location, read_point, event)
SELECT n, 'urn:x:' || n, 0, sha256(n::text::bytea), n, 'ObjectEvent', {BEGAN_US} + n % 7000 * 1000, {BEGAN_US} + n * 1000,
       'urn:x:p' || n % 1000, 'urn:x:p' || n % 500, jsonb_build_object('type', 'ObjectEvent', 'eventID', 'urn:x:' || n)
FROM generate_series(1, {EVENTS}) n;
INSERT INTO epcis_values (event, name, num)
SELECT n, 'value_Temperature', 270 + n / 1000.0 FROM generate_series(1, {EVENTS}) n;
INSERT INTO epcis_values (event, name, text)
SELECT n, 'deviceID', 'urn:x:device:' || n % 5000 FROM generate_series(1, {EVENTS}) n;
INSERT INTO epcis_values (event, name, at_us)
SELECT n, 'time', {BEGAN_US} + n * 1000 FROM generate_series(1, {EVENTS}) n;
INSERT INTO epcis_links (event, role, event_us, thing)
SELECT n, 1, {BEGAN_US}, '/01/09521141012344/21/' || n FROM generate_series(1, {EVENTS}) n;
INSERT INTO epcis_words (kind, word) SELECT 'bizLocations', 'urn:x:p' || n FROM generate_series(0, 999) n;
INSERT INTO epcis_words (kind, word) VALUES ('bizLocations', 'urn:x:p7/254/1');
UPDATE epcis_events SET biz_location = 'urn:x:p7/254/1' WHERE seq = 9;
ANALYZE epcis_events, epcis_values, epcis_links, epcis_words;
"""
ASKED = (
    "types", "from_us", "before_us", "recorded_from_us", "recorded_before_us", "actions", "steps", "dispositions",
    "read_points", "read_points_below", "locations", "locations_below", "ids", "seqs", "things", "vals", "absent",
)  # fmt: skip


@pytest.fixture
async def filled(served: Served) -> Served:
    await served.database.execute(FILL)
    return served


async def plan(served: Served, query: str, *arguments: Any) -> str:
    async with served.database.transaction():
        await served.database.execute(Q["custom_plan"])
        rows = await served.database.fetch("EXPLAIN " + Q[query], *arguments)
    return "\n".join(row[0] for row in rows)


def found_by(**asked: Any) -> list[Any]:
    return [asked.get(name) for name in ASKED]


async def test_each_condition_has_its_index(filled: Served) -> None:
    recorded = found_by(recorded_from_us=BEGAN_US + 19_000_000)
    first = (-(2**62), 0, 31)
    few = CANDIDATES_MAX + 1
    for query, arguments, index in (
        ("by_record", (*recorded, *first), "epcis_events_recorded"),
        ("by_record_back", (*recorded, 2**62, 2**62, 31), "epcis_events_recorded"),
        ("by_time", (*found_by(recorded_from_us=BEGAN_US + 19_900_000), *first), "epcis_events_recorded"),
        ("by_time", (*found_by(locations=["urn:x:p5"]), *first), "epcis_events_location"),
        ("by_record", (*found_by(read_points=["urn:x:p5"]), *first), "epcis_events_read_point"),
        ("by_time", (*found_by(from_us=BEGAN_US + 6_000_000), *first), "epcis_events_time"),
        ("of_numbers", (["value_Temperature"], 289.5, float("inf"), None, few), "epcis_values_num"),
        ("of_numbers", (["value_Temperature"], float("-inf"), float("inf"), [280.0], few), "epcis_values_num"),
        ("of_texts", (["deviceID"], ["urn:x:device:7"], ["urn:x:device:7"], few), "epcis_values_text"),
        ("of_times", (["time"], BEGAN_US, BEGAN_US + 500_000, few), "epcis_values_time"),
        (
            "about_from",
            ("/01/09521141012344/21/7777", "/01/09521141012344/21/7777\U0010ffff", [1], few),
            "epcis_links_thing",
        ),
    ):
        shown = await plan(filled, query, *arguments)
        assert f"using {index}" in shown or f"on {index}" in shown, (query, shown)
        assert "Seq Scan on epcis_" not in shown, (query, shown)


async def test_what_is_found_by_an_index_is_what_was_asked_for(filled: Served) -> None:
    for query, expected in (
        ("GE_value_KEL=289.999", [19_999, 20_000]),
        ("GT_value_KEL=289.999", [20_000]),
        ("EQ_value_KEL=280", [10_000]),
        ("GE_value_KEL=275&LT_value_KEL=275.002", [5_000, 5_001]),
        ("EQ_deviceID=urn:x:device:7", [7, 5_007, 10_007, 15_007]),
        ("EQ_deviceID=urn:x:device:7&GE_value_KEL=285", [15_007]),
        ("GE_value_KEL=271&EQ_bizLocation=urn:x:p5&perPage=2", [1_005, 2_005]),
        ("WD_bizLocation=urn:x:p7&perPage=3", [7, 9, 1_007]),
        ("WD_bizLocation=urn:x:p7&EQ_bizLocation=urn:x:p7/254/1", [9]),
        ("WD_bizLocation=urn:x:pnowhere", []),
        ("GE_recordTime=2026-09-21T14:13:39.999Z", [19_999, 20_000]),
    ):
        answer = await filled.call(f"GET /epcis/v2/events?{query}&orderDirection=ASC", role=Role.OPS)
        assert answer.status == 200, (query, answer.body)
        events = answer.body["epcisBody"]["queryResults"]["resultsBody"]["eventList"]
        assert [int(each["eventID"].removeprefix("urn:x:")) for each in events] == expected, query
