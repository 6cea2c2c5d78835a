"""The traceability certificate says on paper what the page says, in both languages, with the lot's code on it."""

from tests.trace.farm import BASE, GTIN, NOW_MS, PLACE, TraceFarm
from trace.batches import labels
from trace.batches.saying import code_of
from trace.journey import page, resolver

LOT = "20261128A"


async def of(farm: TraceFarm, batch: str, query: str = "", **headers: str) -> tuple[int, str]:
    answer = await farm.call(
        f"GET /trace/vouchers/{batch}{query}", role=None, headers={"Accept": "text/html"} | headers
    )
    return answer.status, answer.raw.decode()


async def test_it_has_the_steps_the_code_and_where_it_stands_in_both_languages(farm: TraceFarm) -> None:
    certificates = [{"kind": "organic", "number": "CN<1>", "valid_until": "2027-12-31"}]
    batch = (await farm.batch(certificates=certificates))["id"]
    step = {
        "kind": "inspected",
        "at": NOW_MS - 60_000,
        "place": {**PLACE, "name": "Hall <2>"},
        "celsius": 4.1,
        "note": "a secret",
    }
    await farm.done(f"POST /api/batches/{batch}/steps", step)
    await farm.publish()
    for language, words in (
        (
            "en",
            ('<html lang="en">', "Traceability certificate", "<td>Inspected</td>", "Not anchored on a blockchain yet"),
        ),
        ("zh", ('<html lang="zh-CN">', "追溯凭证", "<td>检验</td>", "尚未上链")),
    ):
        status, text = await of(farm, batch, f"?lang={language}")
        assert status == 200
        both = (
            "<td>Hall &lt;2&gt;</td>",
            "<td>4.1 °C</td>",
            "<td>CN&lt;1&gt;</td>",
            "2027-12-31",
            f"{BASE}/01/{GTIN}/10/{LOT}",
        )
        for said in (*words, *both, labels.svg(code_of(GTIN, LOT), BASE)):
            assert said in text, said
        assert "a secret" not in text
        assert "<script" not in text
        assert "style=" not in text
    assert 'lang="zh-CN"' in (await of(farm, batch, **{"Accept-Language": "zh-CN"}))[1]
    css = await farm.call("GET /trace/voucher.css", role=None)
    assert (css.status, css.raw.decode()) == (200, resolver.VOUCHER_CSS)


async def test_the_page_of_the_journey_leads_there_and_of_no_batch_there_is_none(farm: TraceFarm) -> None:
    batch = (await farm.batch())["id"]
    headers = {"Accept": "text/html", "Accept-Language": "en"}
    text = (await farm.call(f"GET /trace/01/{GTIN}/10/{LOT}", role=None, headers=headers)).raw.decode()
    assert f'<a href="{page.VOUCHERS}/{batch}">' in text
    status, text = await of(farm, "nothing", **{"Accept-Language": "en"})
    assert (status, "Code not found" in text) == (404, True)
