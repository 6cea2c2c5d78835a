"""The temperature on the page: nothing is drawn where nothing was measured, and what was out of limits is drawn and told."""

from zoneinfo import ZoneInfo

import pytest

from livehub.base.auth import Role
from tests.trace.coldchain.van import Van
from tests.trace.farm import GTIN, NOW_MS, TraceFarm
from trace.coldchain.schemas import Curves, Fault, Line, SensorCurve
from trace.journey import temperature
from trace.journey.schemas import JourneyCurves
from trace.journey.words import WORDS

UTC = ZoneInfo("UTC")


def curve(*lines: Line, **fields: object) -> SensorCurve:
    given: dict[str, object] = {
        "shipment": "s", "device": "d", "began_at": "2027-01-15T08:00:00Z", "ended_at": None, "lines": list(lines),
        "faults": [], "readings": sum(len(line.at_ms) for line in lines), "lowest_c": 3.0, "highest_c": 9.0,
        "mean_kinetic_c": None, "is_overdue": False, "is_corrected": False,
    }  # fmt: skip
    return SensorCurve(**given | fields)  # type: ignore[arg-type]


def shown(each: SensorCurve, *, low_c: float | None = 0.0, high_c: float | None = 8.0) -> str:
    curves = Curves(product=None, high_c=high_c, low_c=low_c, gap_s=1200.0, curves=[each], breaches=[], shelf_life=None)
    told = [JourneyCurves(batch="b", lot="A", curves=curves)]
    return temperature.section(told, "b", WORDS["en"], UTC)


@pytest.mark.parametrize(
    ("celsius", "stretches"),
    [
        ([3.0, 8.0, 3.0], []),  # at the limit is within
        ([4.0, 12.0, 4.0], [[(50.0, 8.0), (100.0, 12.0), (150.0, 8.0)]]),
        ([9.0, 4.0, 9.0], [[(0.0, 9.0), (20.0, 8.0)], [(180.0, 8.0), (200.0, 9.0)]]),
        ([1.0, -1.0, -1.0], [[(50.0, 0.0), (100.0, -1.0), (200.0, -1.0)]]),
        ([9.0, 9.0, 9.0], [[(0.0, 9.0), (100.0, 9.0), (200.0, 9.0)]]),
    ],
)
def test_what_is_out_of_limits_is_cut_where_it_crosses_them(
    celsius: list[float], stretches: list[list[tuple[float, float]]]
) -> None:
    assert temperature.outside([0, 100, 200], celsius, 0.0, 8.0) == stretches


def test_a_gap_is_a_gap_in_the_drawing_and_in_the_table() -> None:
    text = shown(
        curve(Line(at_ms=[0, 60_000], celsius=[3.0, 9.0]), Line(at_ms=[3_600_000, 3_660_000], celsius=[4.0, 4.0]))
    )
    assert text.count('<polyline class="curve" ') == 2
    assert text.count('<polyline class="curve out" ') == 1
    assert text.count('<rect class="gap" ') == 1
    assert '<tr><th scope="row">No readings</th><td>1970-01-01 00:01 – 1970-01-01 01:00</td></tr>' in text
    assert text.count('<line class="limit" ') == 2
    assert "Limits: 0 to 8 °C." in text


def test_one_reading_is_a_dot_and_none_is_said_so() -> None:
    assert '<circle class="curve" ' in shown(curve(Line(at_ms=[5], celsius=[3.0])), low_c=None)
    text = shown(curve(), low_c=None, high_c=None)
    assert "No readings yet." in text
    assert "No limits are set." in text
    assert "<svg" not in text


def test_faults_and_what_is_wrong_with_a_sensor_are_told() -> None:
    fault = Fault(at="2027-01-15T08:00:00Z", celsius=85.0, reason="power_up")
    text = shown(
        curve(Line(at_ms=[0, 5], celsius=[3.0, 3.0]), faults=[fault], is_overdue=True, is_corrected=True), low_c=None
    )
    assert '<th scope="row">Readings that cannot be right</th><td>1</td>' in text
    assert "overdue" in text
    assert "corrected afterwards" in text


async def test_the_page_tells_a_breach_and_draws_the_curve(farm: TraceFarm) -> None:
    batch = (await farm.batch())["id"]
    van = Van(farm.served)
    await van.rule(high_c=8.0, low_c=0.0, minutes=5.0)
    device = await van.device()
    await van.shipment([device], [batch], begins=NOW_MS - 3_600_000)
    assert (await van.say(device, *[4.0] * 5, *[11.5] * 10, 4.0)).status == 200
    await farm.publish()
    told = await farm.done(f"GET /api/batches/{batch}/journey", role=None)
    (temperature_told,) = told["temperature"]
    assert (temperature_told["lot"], len(temperature_told["curves"]["curves"][0]["lines"][0]["at_ms"])) == (
        "20261128A",
        16,
    )
    (breach,) = temperature_told["curves"]["breaches"]
    headers = {"Accept": "text/html", "Accept-Language": "en"}
    text = (await farm.call(f"GET /trace/01/{GTIN}/10/20261128A", role=None, headers=headers)).raw.decode()
    for words in (
        '<span data-fact="kind">Too warm</span>',
        '<span data-fact="celsius">11.5</span> °C (limit <span data-fact="limit">8</span> °C)',
        f'<li data-part="breach" data-leaf="{breach["leaf"]}">',
        '<polyline class="curve out" ',
        "<td>11.5 °C</td>",
    ):
        assert words in text
    assert (await farm.call("GET /api/devices", role=Role.OPS)).status == 200
    assert "Van 7" not in text


async def test_a_breach_of_any_batch_that_a_lot_came_of_is_told(farm: TraceFarm) -> None:
    van = Van(farm.served)
    await van.rule(high_c=8.0, low_c=0.0, minutes=5.0)
    parents = [(await farm.batch(f"P{n}", units=10))["id"] for n in range(5)]
    for n, batch in enumerate(parents):
        device = await van.device(f"Van {n}")
        await van.shipment([device], [batch], begins=NOW_MS - 3_600_000)
        readings = [4.0] * 5 + [11.5 if n == 4 else 4.0] * 10
        assert (await van.say(device, *readings)).status == 200
    inputs = [{"batch": batch, "units": 10} for batch in parents]
    body = {"kind": "merge", "at": NOW_MS, "inputs": inputs, "outputs": [{"lot": "ALL", "units": 50}]}
    merged = (await farm.done("POST /api/batch-makings", body))["items"][0]["id"]
    told = await farm.done(f"GET /api/batches/{merged}/journey", role=None)
    assert [(each["cause"], each["batches"]) for each in told["breaches"]] == [("above", [parents[4]])]
    for path in (f"/trace/01/{GTIN}/10/ALL", f"/trace/vouchers/{merged}?lang=en"):
        headers = {"Accept": "text/html", "Accept-Language": "en"}
        text = (await farm.call(f"GET {path}", role=None, headers=headers)).raw.decode()
        assert ("Too warm" in text, "never found out of limits" in text) == (True, False), path


async def test_why_staff_say_that_a_breach_was_none_is_not_public(farm: TraceFarm) -> None:
    batch = (await farm.batch())["id"]
    van = Van(farm.served)
    await van.rule(high_c=8.0, low_c=0.0, minutes=5.0)
    device = await van.device()
    await van.shipment([device], [batch], begins=NOW_MS - 3_600_000)
    assert (await van.say(device, *[4.0] * 5, *[11.5] * 10, 4.0)).status == 200
    reason = "Driver Wang pulled the probe out"
    body = {"since": 0, "until": NOW_MS + 1, "offset_c": -9.0, "reason": reason}
    await van.done(f"POST /api/devices/{device}/corrections", body)
    await van.judge()
    (known,) = (await van.done("GET /api/cold-chain/findings?level=breach"))["items"]
    assert known["correction"] == reason
    for path in (f"/api/batches/{batch}/curves", f"/api/batches/{batch}/journey"):
        answer = await farm.call(f"GET {path}", role=None)
        assert (answer.status, "Wang" in answer.raw.decode()) == (200, False), path
        assert '"correction":"a correction"' in answer.raw.decode(), path
