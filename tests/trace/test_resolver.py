"""The resolver answers as the GS1-Conformant Resolver Standard 1.2 wants it, and a browser with a page that needs no script."""

import asyncio
import json
import re
from pathlib import Path
from typing import Any, get_args
from urllib.parse import urlsplit

from yarl import URL

from livehub.base.auth import Role
from livehub.room.models import Language
from tests.trace.farm import BASE, GTIN, NOW_MS, PLACE, TraceFarm, farming
from trace.coldchain.rules import Cause
from trace.journey import linkset, page, resolver, script
from trace.journey.distance import km_between
from trace.journey.schemas import JourneyKind
from trace.journey.telling import Q
from trace.journey.words import WORDS

HTML = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
CHINESE, ENGLISH = {"Accept-Language": "zh-CN,zh;q=0.9"}, {"Accept-Language": "en-GB"}
LOT = f"/01/{GTIN}/10/20261128A"
KINDS = Path(__file__).parent.parent.parent / "web/src/trace/journey/kinds.json"
VOC = "https://ref.gs1.org/voc/"


async def asked(farm: TraceFarm, path: str, method: str = "GET", **headers: str) -> Any:
    """As a program asks, redirects not followed: status, headers, body."""
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    async with farm.served.client.request(
        method, URL(path, encoded=True), headers=sent, allow_redirects=False
    ) as answer:
        return answer.status, answer.headers, await answer.read()


async def test_a_browser_gets_the_page_and_a_program_is_led_to_it(farm: TraceFarm) -> None:
    await farm.batch()
    status, headers, body = await asked(farm, LOT, Accept=HTML["Accept"])
    assert (status, headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert "云栖农场 3 号棚" in body.decode()
    status, headers, _ = await asked(farm, f"{LOT}?17=261205&x=%E4%B8%AD", Accept="*/*")
    assert (status, headers["Location"]) == (307, f"{BASE}/trace{LOT}?17=261205&x=%E4%B8%AD")
    assert f'<{BASE}{LOT}?linkType=linkset>; rel="linkset"' in headers["Link"]
    status, _, again = await asked(farm, urlsplit(headers["Location"]).path)
    assert (status, again) == (200, body)


async def test_methods_and_pages_of_any_origin(farm: TraceFarm) -> None:
    await farm.batch()
    status, headers, body = await asked(farm, LOT, "HEAD", Accept=HTML["Accept"])
    assert (status, body, headers["Access-Control-Allow-Origin"]) == (200, b"", "*")
    status, headers, _ = await asked(farm, LOT, "OPTIONS", Origin="https://elsewhere.example")
    assert (status, headers["Access-Control-Allow-Methods"]) == (204, "GET, HEAD, OPTIONS")
    status, headers, _ = await asked(farm, LOT, "POST")
    assert (status, headers["Allow"]) == (405, "GET, HEAD, OPTIONS")
    status, headers, _ = await asked(farm, f"/01/{GTIN}/10/OTHER")
    assert (status, headers["Access-Control-Allow-Origin"]) == (404, "*")
    assert await farm.scans(0) == []  # a HEAD is no scan


async def test_the_linkset_has_every_level_up_to_the_key(farm: TraceFarm) -> None:
    batch = (await farm.batch())["id"]
    serial = (await farm.done(f"POST /api/batches/{batch}/sheets", {"boxes": 1}))["serials"][0]
    path = f"{LOT}/21/{serial}"
    for query, accept in (
        ("?linkType=all", "*/*"),
        ("?linkType=linkset", HTML["Accept"]),
        ("", "application/linkset+json"),
    ):
        answer = await farm.call(f"GET {path}{query}", role=None, headers={"Accept": accept})
        assert (answer.status, answer.headers["Content-Type"]) == (200, "application/linkset+json")
        levels = answer.body["linkset"]
        assert [each["anchor"] for each in levels] == [BASE + path, BASE + LOT, f"{BASE}/01/{GTIN}"]
        for each in levels:
            (default,) = each[VOC + "defaultLink"]
            assert default == {
                "href": each["anchor"].replace(BASE, BASE + "/trace"), "title": "溯源档案 / Where it comes from",
                "type": "text/html", "hreflang": ["zh", "en"],
            }  # fmt: skip
        assert [each["type"] for each in levels[1][VOC + "traceability"]] == ["text/html", "application/json"]
        assert VOC + "traceability" not in levels[2]


async def test_the_link_type_that_is_asked_for_is_led_to(farm: TraceFarm) -> None:
    batch = (await farm.batch())["id"]
    for name in ("gs1:traceability", VOC + "traceability", "https://gs1.org/voc/traceability"):
        query = f"?linkType={name}"
        _, headers, _ = await asked(farm, LOT + query, Accept="application/json")
        assert headers["Location"] == f"{BASE}/api/batches/{batch}/journey{query}"
        status, headers, _ = await asked(farm, LOT + query, Accept=HTML["Accept"])
        assert (status, headers["Location"]) == (307, f"{BASE}/trace{LOT}{query}")
    _, headers, _ = await asked(farm, LOT + "?linkType=gs1:recipeInfo", Accept="*/*")
    assert headers["Location"] == f"{BASE}/trace{LOT}?linkType=gs1:recipeInfo"


async def test_the_resolver_describes_itself(farm: TraceFarm) -> None:
    answer = await farm.call("GET /.well-known/gs1resolver", role=None)
    assert (answer.status, answer.headers["Access-Control-Allow-Origin"]) == (200, "*")
    assert answer.body["resolverRoot"] == BASE
    assert answer.body["supportedPrimaryKeys"] == ["01"]
    assert answer.body["supportedLinkType"] == [{"namespace": VOC, "prefix": "gs1:"}]


async def test_t35_a_slash_at_the_end_and_a_short_gtin_are_forgiven(farm: TraceFarm) -> None:
    await farm.batch()
    for path in (LOT + "/", f"/01/{GTIN[1:]}/10/20261128A"):
        _, headers, _ = await asked(farm, path)
        assert headers["Location"] == f"{BASE}/trace{LOT}"
        assert f'<{BASE}{LOT}>; rel="owl:sameAs"' in headers["Link"]


async def test_t37_a_slash_in_a_lot_is_found(farm: TraceFarm) -> None:
    await farm.batch("AB/C")
    for encoded in ("AB%2FC", "AB%2fC"):
        status, headers, _ = await asked(farm, f"/01/{GTIN}/10/{encoded}")
        assert (status, headers["Location"]) == (307, f"{BASE}/trace/01/{GTIN}/10/AB%2FC")


async def test_a_bad_code_is_400_and_one_that_is_none_of_ours_404_and_neither_ever_200(farm: TraceFarm) -> None:
    await farm.batch()
    bad = (
        "/01/09520123456789/10/A", f"/01/{GTIN}/10/A%", f"/01/{GTIN}/10/%E6%89%B9", f"/01/{GTIN}/21/7/10/A", "/01/",
        f"/01/{GTIN}/99/A", f"/21/2018/01/{GTIN}", "/00/340123451111111112",
    )  # fmt: skip
    unknown = (
        f"/01/{GTIN}/10/OTHER",
        f"{LOT}/21/OTHER",
        "/01/09506000134352",
        "/00/340123451111111111",
        f"/01/{GTIN}/21/7",
    )
    for paths, expected, words in ((bad, 400, "编码有误"), (unknown, 404, "查无此码")):
        for path in paths:
            for prefix in ("", "/trace"):
                if path.startswith("/21"):
                    continue  # a serial is no key, and no address of ours
                status, headers, body = await asked(farm, prefix + path, Accept="*/*")
                assert (path, status, headers["Content-Type"]) == (path, expected, "application/problem+json")
                status, headers, body = await asked(farm, prefix + path, Accept=HTML["Accept"])
                assert (path, status) == (path, expected)
                assert words in body.decode()
        status, _, _ = await asked(farm, f"{paths[0]}?linkType=all")
        assert status == expected
    assert (await asked(farm, f"/21/2018/01/{GTIN}"))[0] == 404


async def test_the_page_is_readable_without_a_script_in_both_languages(farm: TraceFarm) -> None:
    certificate = {"kind": "有机认证", "number": "CN<1>", "valid_until": "2027-12-31"}
    batch = (await farm.batch(certificates=[certificate]))["id"]
    step = {
        "kind": "inspected",
        "at": NOW_MS,
        "celsius": 4.1,
        "note": "a secret",
        "place": PLACE | {"name": "Hall <2>", "lat": 30.3},
    }
    await farm.done(f"POST /api/batches/{batch}/steps", step)
    await farm.publish()
    _, headers, body = await asked(farm, LOT, Accept=HTML["Accept"], Accept_Language=CHINESE["Accept-Language"])
    text = body.decode()
    for words in (
        '<html lang="zh-CN">', "采收", "检验", '<span data-fact="celsius">4.1</span> °C',
        '距上一地点约 <span data-fact="km">20</span> 公里', "Hall &lt;2&gt;",
        '<strong><span data-fact="kind">有机认证</span></strong> <span data-fact="number">CN&lt;1&gt;</span>',
        '<small>有效期至 <span data-fact="until">2027-12-31</span></small>',
        '<a href="/log/proof/2">第 <span data-fact="leaf">2</span> 号记录</a>',
        ">已写入公开日志<", ">尚未上链<", "2027-01-15 15:00",
    ):  # fmt: skip
        assert words in text
    assert "a secret" not in text
    assert re.sub('<script type="module" src="/assets/[^"]+"></script>', "", text).count("<script") == 0
    assert "style=" not in text
    assert headers["Content-Security-Policy"] == page.CSP
    assert headers["Vary"] == "Accept, Accept-Language"
    _, _, body = await asked(farm, LOT, Accept=HTML["Accept"], Accept_Language=ENGLISH["Accept-Language"])
    text = body.decode()
    for words in (
        '<html lang="en">',
        "Harvested",
        "Inspected",
        'about <span data-fact="km">20</span> km from the place before',
        "In the public log",
    ):
        assert words in text
    css = await farm.call(f"GET {page.CSS_PATH}", role=None)
    assert (css.status, css.raw.decode()) == (200, resolver.CSS)


async def test_the_id_of_a_batch_leads_to_its_code(farm: TraceFarm) -> None:
    batch = (await farm.batch("A/1"))["id"]
    status, headers, _ = await asked(farm, f"/trace/batches/{batch}")
    assert (status, headers["Location"]) == (307, f"/trace/01/{GTIN}/10/A%2F1")
    assert (await asked(farm, "/trace/batches/nothing"))[0] == 404


async def test_the_page_of_a_product_lists_its_lots(farm: TraceFarm) -> None:
    await farm.batch("A/1")
    await farm.batch("A2", harvested_at=NOW_MS)
    status, _, body = await asked(farm, f"/01/{GTIN}", Accept=HTML["Accept"])
    text = body.decode()
    assert status == 200
    assert text.index(f'<a href="/trace/01/{GTIN}/10/A2">A2</a>') < text.index(
        f'<a href="/trace/01/{GTIN}/10/A%2F1">A/1</a>'
    )


async def test_a_page_that_a_browser_opens_is_counted_as_a_scan(farm: TraceFarm) -> None:
    batch = (await farm.batch())["id"]
    serial = (await farm.done(f"POST /api/batches/{batch}/sheets", {"boxes": 1}))["serials"][0]
    for path in (LOT, f"{LOT}/21/{serial}", f"{LOT}/21/{serial}"):
        await asked(farm, path, Accept=HTML["Accept"])
        await asked(farm, f"/trace{path}", Accept=HTML["Accept"])  # a link of ours: nobody has scanned anything
        await asked(farm, path, Accept=HTML["Accept"], Sec_Purpose="prefetch;prerender")
    assert await farm.scans(3) == [("20261128A", serial, None, None, 2), ("20261128A", None, None, None, 1)]


async def test_the_journey_has_each_step_of_all_that_it_came_of_with_its_place_in_the_log(farm: TraceFarm) -> None:
    a = (await farm.batch("A", certificates=[{"kind": "organic"}]))["id"]
    await farm.done(f"POST /api/batches/{a}/steps", {"kind": "washed", "at": NOW_MS - 60_000, "celsius": 6})
    making = {
        "kind": "split", "at": NOW_MS - 50_000, "inputs": [{"batch": a, "units": 480}],
        "outputs": [{"lot": "A1", "units": 200}, {"lot": "A2", "units": 280}],
    }  # fmt: skip
    made = await farm.done("POST /api/batch-makings", making)
    a1 = made["items"][0]["id"]
    serial = (await farm.done(f"POST /api/batches/{a1}/sheets", {"boxes": 1}))["serials"][0]
    code = f"{BASE}/01/{GTIN}/10/A1/21/{serial}"
    box = {"code": code, "order_line": await farm.order_line(), "at": NOW_MS - 1}
    await farm.done("POST /api/boxes", box, role=Role.PICKER)
    await farm.publish()
    told = await farm.done(f"GET /api/batches/{a1}/journey?serial={serial}", role=None)
    assert [(each["kind"], each["lot"], each["celsius"], each["leaf"]) for each in told["events"]] == [
        ("harvested", "A", None, 0), ("washed", "A", 6.0, 2), ("split", "A1", None, 5), ("boxed", "A1", None, 9),
    ]  # fmt: skip
    assert (told["code"], told["serial"], told["chain"]) == (code, serial, {"state": "pending", "leaf": 5})
    assert [each["kind"] for each in told["certificates"]] == ["organic"]
    assert [each["lot"] for each in told["came_of"]] == ["A"]
    assert told["is_whole"]
    assert "order" not in str(told)
    assert (await farm.call(f"GET /api/batches/{a1}/journey?serial=X", role=None)).status == 404
    assert (await farm.call("GET /api/batches/nothing/journey", role=None)).status == 404


async def test_the_journey_is_called_as_the_catalogue_calls_its_product(farm: TraceFarm) -> None:
    product = {"title": "蓝莓", "titles": {"en": "Blueberries"}, "price_minor": 900, "currency": "CNY"}
    id_ = (await farm.done("POST /api/products", product, role=Role.OPS))["id"]
    batch = (await farm.batch(product=id_))["id"]
    told = await farm.done(f"GET /api/batches/{batch}/journey", role=None)
    assert (told["title"], told["titles"]) == ("蓝莓", {"en": "Blueberries"})
    _, _, body = await asked(farm, LOT, Accept=HTML["Accept"], Accept_Language="en")
    assert "<h1>Blueberries</h1>" in body.decode()


def test_every_kind_of_step_has_words_in_both_languages() -> None:
    assert WORDS["zh"].keys() == WORDS["en"].keys()
    assert set(get_args(JourneyKind)) <= WORDS["zh"].keys()


def test_what_the_page_calls_steps_causes_and_certificates_its_script_calls_so_too() -> None:
    told = json.loads(KINDS.read_text(encoding="utf-8"))
    for language in get_args(Language):
        words = WORDS[language]
        assert told["steps"][language] == {kind: words[kind] for kind in get_args(JourneyKind)}
        assert told["causes"][language] == {cause: words[f"cause_{cause}"] for cause in get_args(Cause)}
        kinds = {name.removeprefix("kind_"): text for name, text in words.items() if name.startswith("kind_")}
        assert told["certificates"][language] == kinds
        assert told["badges"][language] == {
            badge: words[badge] for badge in ("logged", "pending", "anchored", "not_anchored", "development")
        }


def test_the_script_is_the_one_that_was_built(folder: Path) -> None:
    assert script.address_of(folder) is None
    (folder / ".vite").mkdir()
    for manifest, address in (
        ("no JSON", None),
        ("{}", None),
        ('{"src/trace/journey/main.ts": {"file": "assets/journey-1.js", "isEntry": true}}', "/assets/journey-1.js"),
    ):
        (folder / ".vite/manifest.json").write_text(manifest)
        assert script.address_of(folder) == address


def test_distances_are_those_of_the_sphere() -> None:
    assert (
        round(km_between(45.7597, 4.8422, 48.8567, 2.3508), 3) == 392.217
    )  # Lyon, Paris: the example of PyPI's haversine
    assert round(km_between(0.0, 179.5, 0.0, -179.5), 3) == 111.195
    assert km_between(30.0, 120.0, 30.0, 120.0) == 0.0


def test_a_type_is_chosen_by_what_is_accepted_and_from_the_finest_level_that_has_it() -> None:
    html, data = (linkset.Target(href=type_, title=type_, type=type_) for type_ in ("text/html", "application/json"))
    levels = [
        linkset.Level(anchor="a", description="", links={"pip": [html]}),
        linkset.Level(anchor="b", description="", links={"pip": [data], "x": [html, data]}),
    ]
    assert linkset.chosen(levels, "pip", ["application/json"]) is html
    assert linkset.chosen(levels, "x", ["application/json", "text/html"]) is data
    assert linkset.chosen(levels, "x", ["*/*"]) is html
    assert linkset.chosen(levels, "y", []) is None


async def test_a_batch_says_where_it_is_on_a_chain_and_that_a_development_chain_proves_nothing(farm: TraceFarm) -> None:
    batch = (await farm.batch())["id"]
    await farm.publish()
    await farm.served.database.execute("INSERT INTO anchor_health VALUES ('evm', 'evm', 'eip155:31337', true, 1)")
    await farm.served.database.execute(
        "INSERT INTO anchorings (anchor, kind, chain, is_development, origin, size, root, note, published_ms, state, tx,"
        " block_ms, begun_ms, confirmed_ms) VALUES ('evm', 'evm', 'eip155:31337', true, 'x', 1,"
        " decode(repeat('00', 32), 'hex'), 'x', $1, 'confirmed', '0xab', $2, 1, 1)",
        NOW_MS, NOW_MS + 2_000,
    )  # fmt: skip
    chain = {
        "state": "anchored", "leaf": 0, "id": "eip155:31337/0xab/0", "logged_at": "2027-01-15T08:00:00.000Z",
        "anchored_at": "2027-01-15T08:00:02.000Z", "is_development": True,
    }  # fmt: skip
    assert (await farm.done(f"GET /api/batches/{batch}/journey", role=None))["chain"] == chain
    assert (await farm.done(f"GET /api/batches/{batch}"))["chain"] == chain
    assert (await farm.done("GET /api/batches"))["items"][0]["chain"] == chain
    _, _, body = await asked(farm, LOT, Accept=HTML["Accept"], Accept_Language="en")
    text = body.decode()
    assert '<span class="badge">Anchored on a blockchain</span>' in text
    assert '<span class="badge">development chain, proves nothing</span>' in text
    assert '<code data-fact="id">eip155:31337/0xab/0</code>' in text


# --- a code on air ---


async def test_a_page_is_given_to_all_who_scan_at_once_and_each_scan_is_counted(database_url: str) -> None:
    async with farming(database_url, journey_kept_s=60.0) as farm:
        batch = (await farm.batch())["id"]
        first = await asyncio.gather(*(asked(farm, LOT, Accept=HTML["Accept"]) for _ in range(50)))
        assert {status for status, _, _ in first} == {200}
        assert len({body for _, _, body in first}) == 1
        await farm.done(f"POST /api/batches/{batch}/steps", {"kind": "cooled", "at": NOW_MS, "celsius": 4.1})
        assert (await asked(farm, LOT, Accept=HTML["Accept"]))[2] == first[0][2]  # still as it was read
        assert len((await farm.done(f"GET /api/batches/{batch}/journey", role=None))["events"]) == 1
        assert await farm.scans(51) == [("20261128A", None, None, None, 51)]


async def test_a_box_is_told_of_at_once_out_of_the_kept_story_of_its_lot(database_url: str) -> None:
    async with farming(database_url, journey_kept_s=60.0) as farm:
        batch = (await farm.batch())["id"]
        serials = (await farm.done(f"POST /api/batches/{batch}/sheets", {"boxes": 2}))["serials"]
        await asked(farm, LOT, Accept=HTML["Accept"])
        packed = {"code": f"{BASE}{LOT}/21/{serials[0]}", "order_line": await farm.order_line()}
        await farm.done("POST /api/boxes", packed)
        told = await farm.done(f"GET /api/batches/{batch}/journey?serial={serials[0]}", role=None)
        assert [each["kind"] for each in told["events"]] == ["harvested", "boxed"]
        assert (told["serial"], told["code"]) == (serials[0], f"{BASE}{LOT}/21/{serials[0]}")
        other = await farm.done(f"GET /api/batches/{batch}/journey?serial={serials[1]}", role=None)
        assert [each["kind"] for each in other["events"]] == ["harvested"]
        assert (await asked(farm, f"{LOT}/21/NONE", Accept=HTML["Accept"]))[0] == 404


async def test_caches_keep_what_a_code_leads_to_and_ask_anew_for_the_code(database_url: str) -> None:
    async with farming(database_url, journey_kept_s=2.0) as farm:
        batch = (await farm.batch())["id"]
        _, code, _ = await asked(farm, LOT, Accept=HTML["Accept"])
        _, shown, _ = await asked(farm, f"/trace{LOT}")
        _, links, _ = await asked(farm, LOT, Accept="application/linkset+json")
        assert code["Cache-Control"] == "no-cache"
        assert (shown["Cache-Control"], links["Cache-Control"]) == ("public, max-age=2",) * 2
        assert shown["ETag"] == code["ETag"]
        for etag, expected in ((code["ETag"], 304), ("*", 304), ('W/"another"', 200)):
            status, headers, body = await asked(farm, LOT, Accept=HTML["Accept"], If_None_Match=etag)
            assert (status, headers["ETag"], body == b"") == (expected, code["ETag"], expected == 304)
        assert await farm.scans(4) == [("20261128A", None, None, None, 4)]
    async with farming(database_url) as farm:
        served = (await asked(farm, LOT, Accept=HTML["Accept"]))[1]["ETag"]
        assert served == code["ETag"]  # of what it tells, not of when it was read
        await farm.done(f"POST /api/batches/{batch}/steps", {"kind": "cooled", "at": NOW_MS, "celsius": 4.1})
        assert (await asked(farm, LOT, Accept=HTML["Accept"], If_None_Match=served))[0] == 200


async def test_the_latest_lots_of_a_product_are_found_by_an_index(farm: TraceFarm) -> None:
    await farm.served.database.execute("SET enable_sort = off")
    query = "EXPLAIN " + Q["lots"].replace("$1", f"'{GTIN}'").replace("$2", "20")
    plan = [row[0] for row in await farm.served.database.fetch(query)]
    assert any("batches_gtin" in line for line in plan), plan
