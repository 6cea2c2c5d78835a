"""The page of a journey: HTML that is readable without a script, in the reader's language. Pure: no I/O.

What people wrote is escaped. There is no style but the sheet's and no script but the one that verifies the page (script.py); it
is whole without that. Its Content-Security-Policy lets nothing else in.

What the log says, too, is marked for that script (web/src/trace/journey/reading.ts): `data-part`, what an entry is about, with
its `data-leaf`, and in it `data-fact` around each fact as it is shown.
"""

from collections.abc import Sequence
from datetime import datetime, tzinfo
from html import escape
from typing import Any

from livehub.room.models import Language, in_language
from trace.batches.schemas import BatchCertificate, BatchKin
from trace.coldchain.schemas import Finding
from trace.gs1.digital_links import DigitalLink
from trace.journey import sketch, temperature
from trace.journey.schemas import Journey, JourneyEvent
from trace.journey.words import LANG, WORDS

PAGES = "/trace"  # where pages are that were not scanned: those of codes are counted
CSS_PATH = f"{PAGES}/page.css"
VOUCHERS = f"{PAGES}/vouchers"
CSP = (
    "default-src 'none'; script-src 'self'; worker-src 'self'; connect-src 'self'; style-src 'self'; "
    "img-src 'self' https: data:; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
_SHEET = f'<link rel="stylesheet" href="{CSS_PATH}">'
_HEAD = (
    '<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'
    '<meta name="robots" content="noindex"><link rel="icon" type="image/svg+xml" href="/favicon.svg">'
)


def journey_page(journey: Journey, language: Language, zone: tzinfo, script: str | None = None) -> str:
    """The page of a batch, or of one of its boxes. `script`: the address of the one that verifies it."""
    words = WORDS[language]
    name = _name(journey, language)
    facts = {} if journey.serial is None else {"serial": journey.serial}
    facts |= {"lot": journey.lot, "gtin": journey.gtin, "made": _moment(journey.made_at, zone)}
    facts["units"] = f"{journey.units:,}"
    image = "" if journey.image is None else f'<img class="product" src="{escape(journey.image)}" alt="">'
    parts = [
        f"<header>{image}<div><p>{words['title']}</p><h1>{escape(name)}</h1></div></header>",
        _chain(journey, words, zone),
        _listed([(words[fact], _fact(fact, value)) for fact, value in facts.items()], "head"),
        _verify(words, script),
        _breaches(journey, words, zone),
        f"<h2>{words['story']}</h2>",
        f"<ol>{''.join(_event(each, journey, words, zone) for each in journey.events)}</ol>",
        "" if journey.is_whole else f"<p>{words['partial']}</p>",
        temperature.section(journey.temperature, journey.batch, words, zone),
        sketch.section(journey.events, words),
        _certificates(journey.certificates, words),
        _kin(journey.came_of, words["came_of"]),
        _kin(journey.became, words["became"]),
        _missing(journey, words),
        _links(journey, words),
        f"<footer>{words['as_of']} {_time(journey.as_of, zone)}</footer>",
    ]
    leaf = "" if journey.chain.leaf is None else f' data-leaf="{journey.chain.leaf}"'
    marks = f' data-batch="{escape(journey.batch)}" data-zone="{escape(str(zone))}"{leaf}'
    return _document(f"{name} · {journey.lot}", "".join(parts), language, marks, script)


def product_page(gtin: str, lots: Sequence[Any], language: Language, zone: tzinfo) -> str:
    """The page of a product: its latest lots."""
    words = WORDS[language]
    items = "".join(
        f'<li><a href="{escape(_path(gtin, lot["lot"]))}">{escape(lot["lot"])}</a> {escape(lot["place_name"])} '
        f"{datetime.fromtimestamp(lot['made_ms'] / 1000, zone):%Y-%m-%d}</li>"
        for lot in lots
    )
    head = f"<header><div><p>{words['title']}</p><h1>{escape(gtin)}</h1></div></header>"
    body = f'{head}<h2>{words["lots"]}</h2><ul class="cards">{items}</ul>'
    return _document(gtin, body, language)


def refusal_page(kind: str, language: Language) -> str:
    """The page of a code that is `unknown` or `bad`, or that can't be looked up (`away`)."""
    words = WORDS[language]
    body = f"<header><div><h1>{words[kind]}</h1></div></header><p>{words[kind + '_text']}</p>"
    return _document(words[kind], body, language)


def _document(title: str, body: str, language: Language, marks: str = "", script: str | None = None) -> str:
    loaded = "" if script is None else f'<script type="module" src="{escape(script)}"></script>'
    return (
        f'<!doctype html><html lang="{LANG[language]}"><head>{_HEAD}<title>{escape(title)}</title>{_SHEET}{loaded}</head>'
        f"<body><main{marks}>{body}</main></body></html>"
    )


def _name(journey: Journey, language: Language) -> str:
    if journey.title is None:
        return journey.product
    return journey.title if journey.titles is None else in_language(journey.titles, journey.title, language)


def _event(event: JourneyEvent, journey: Journey, words: dict[str, str], zone: tzinfo) -> str:
    parts = [f"<h3>{_fact('kind', words[event.kind])}</h3><p>{_time(event.at, zone, 'at')}</p>"]
    if event.batch != journey.batch:
        parts.append(f"<p>{words['of_lot']} {_fact('lot', event.lot)}</p>")
    if event.place is not None:
        km = event.place.km
        far = "" if not km else f" · {words['km'].format(km=_fact('km', f'{km:g}'))}"
        parts.append(f"<p>{_fact('place', event.place.name)}{far}</p>")
    if event.celsius is not None:
        parts.append(f'<p class="celsius">{_fact("celsius", f"{event.celsius:g}")} °C</p>')
    if event.photo is not None:
        parts.append(f'<img src="{escape(event.photo)}" alt="{words["photo"]}" loading="lazy">')
    return _entry("event", event.leaf, "".join(parts), words)


DEGREES = ("above", "below", "handover")  # causes whose limit is a temperature


def _breaches(journey: Journey, words: dict[str, str], zone: tzinfo) -> str:
    if not journey.temperature and not journey.breaches:
        return ""
    found = sorted(journey.breaches, key=lambda each: each.reading_at)
    if not found:
        return f"<h2>{words['breaches']}</h2><p>{words['no_breaches']}</p>"
    shown = "".join(_breach(each, words, zone) for each in found)
    return f'<h2>{words["breaches"]}</h2><ul class="cards">{shown}</ul>'


def _breach(found: Finding, words: dict[str, str], zone: tzinfo) -> str:
    parts = [f"<h3>{_fact('kind', words[f'cause_{found.cause}'])}</h3>"]
    parts.append(f"<p>{words['since']} {_time(found.from_at, zone, 'from')}</p>")
    measured = f"{words['measured']} {_time(found.reading_at, zone, 'at')}"
    if found.celsius is not None:
        measured += f" · {_fact('celsius', f'{found.celsius:g}')} °C"
    if found.limit is not None and found.cause in DEGREES:
        measured += f" ({words['limit']} {_fact('limit', f'{found.limit:g}')} °C)"
    parts.append(f"<p>{measured}</p>")
    minutes, is_over = _minutes(found)
    notes = (
        [words["for_minutes" if is_over else "minutes_so_far"].format(minutes=f"{minutes:.0f}")] if minutes >= 1 else []
    )
    notes += [words["late"]] if found.is_late else []
    notes += [words["breach_corrected"]] if found.corrected_at is not None else []
    parts.append(f'<p class="log">{" · ".join(notes)}</p>' if notes else "")
    return _entry("breach", found.leaf, "".join(parts), words)


def _minutes(found: Finding) -> tuple[float, bool]:
    """How long it was so, and whether that is over; until it is told again, as long as it was when it was told."""
    if found.ended_at is None:
        return found.minutes, False
    lasted = datetime.fromisoformat(found.ended_at) - datetime.fromisoformat(found.from_at)
    return lasted.total_seconds() / 60, True


def _entry(part: str, leaf: int | None, told: str, words: dict[str, str]) -> str:
    """What is told by an entry of the log, or will be."""
    mark = "" if leaf is None else f' data-leaf="{leaf}"'
    return f'<li data-part="{part}"{mark}>{told}<p class="log">{_logged(leaf, words)}</p></li>'


def _logged(leaf: int | None, words: dict[str, str]) -> str:
    if leaf is None:
        return words["pending"]
    number = words["leaf"].format(leaf=_fact("leaf", str(leaf)))
    return f'{words["log"]} · <a href="/log/proof/{leaf}">{number}</a>'


def _chain(journey: Journey, words: dict[str, str], zone: tzinfo) -> str:
    chain = journey.chain
    is_logged, is_anchored = chain.leaf is not None, chain.state == "anchored"
    badges = [_badge(words["logged" if is_logged else "pending"], is_good=is_logged)]
    is_proof = is_anchored and chain.is_development is not True
    badges.append(_badge(words["anchored" if is_anchored else "not_anchored"], is_good=is_proof))
    if is_anchored and not is_proof:
        badges.append(_badge(words["development"], is_good=False))
    facts = []
    if isinstance(chain.logged_at, str):
        facts.append((words["in_log"], _time(chain.logged_at, zone, "logged")))
    if isinstance(chain.anchored_at, str):
        facts.append((words["on_chain"], _time(chain.anchored_at, zone, "anchored")))
    if isinstance(chain.id, str):
        facts.append((words["identity"], f'<code data-fact="id">{escape(chain.id)}</code>'))
    marks = "" if journey.anchoring is None else f' data-anchoring="{journey.anchoring}"'
    told = _listed(facts, "chain", marks + (" data-development" if chain.is_development is True else ""))
    return f'<section class="proof"><p class="badges">{"".join(badges)}</p>{told if facts else ""}</section>'


def _verify(words: dict[str, str], script: str | None) -> str:
    """The script puts its button here."""
    by_page = "" if script is None else f'<p>{words["verify_text"]}</p><div id="verify"></div>'
    return f'<section class="verify"><h2>{words["verify"]}</h2>{by_page}<p class="log">{words["verify_else"]}</p></section>'


def _listed(facts: Sequence[tuple[str, str]], part: str, marks: str = "") -> str:
    """Terms, and HTML of what they are."""
    shown = "".join(f"<div><dt>{term}</dt><dd>{value}</dd></div>" for term, value in facts)
    return f'<dl data-part="{part}"{marks}>{shown}</dl>'


def _fact(name: str, text: str) -> str:
    return f'<span data-fact="{name}">{escape(text)}</span>'


def _badge(text: str, *, is_good: bool) -> str:
    return f'<span class="badge{" good" if is_good else ""}">{text}</span>'


def _certificates(certificates: Sequence[BatchCertificate], words: dict[str, str]) -> str:
    if not certificates:
        return ""
    shown = "".join(_certificate(each, words) for each in certificates)
    return f'<h2>{words["certificates"]}</h2><ul class="cards">{shown}</ul>'


def _certificate(given: BatchCertificate, words: dict[str, str]) -> str:
    kind = words.get(f"kind_{given.kind}", given.kind)
    ends = (
        ""
        if given.valid_until is None
        else f"<small>{words['valid_until']} {_fact('until', given.valid_until)}</small>"
    )
    shown = f"<strong>{_fact('kind', kind)}</strong> {_fact('number', given.number)}{ends}"
    if given.picture is not None:
        shown += f'<img src="{escape(given.picture)}" alt="{words["certificate"]}" loading="lazy">'
    return f'<li data-part="certificate">{shown}</li>'


def _kin(kin: Sequence[BatchKin], heading: str) -> str:
    if not kin:
        return ""
    items = "".join(f'<li><a href="{escape(_path(each.gtin, each.lot))}">{escape(each.lot)}</a></li>' for each in kin)
    return f'<h2>{heading}</h2><ul class="lots">{items}</ul>'


def _missing(journey: Journey, words: dict[str, str]) -> str:
    """What somebody might look for and is not here."""
    missing = [words["no_clips"]]
    if not any(event.photo for event in journey.events):
        missing.append(words["no_photos"])
    if not journey.certificates:
        missing.append(words["no_certificates"])
    return f'<h2>{words["not_shown"]}</h2><ul class="missing">{"".join(f"<li>{each}</li>" for each in missing)}</ul>'


def _links(journey: Journey, words: dict[str, str]) -> str:
    batch = escape(journey.batch)
    printed = f'<a href="{VOUCHERS}/{batch}">{words["voucher_link"]}</a>'
    return f'<p class="links">{printed}<a href="/api/batches/{batch}/journey">{words["data"]}</a></p>'


def _path(gtin: str, lot: str) -> str:
    return PAGES + DigitalLink(key=("01", gtin), qualifiers=(("10", lot),)).path()


def _time(at: str, zone: tzinfo, fact: str = "") -> str:
    mark = f' data-fact="{fact}"' if fact else ""
    return f'<time datetime="{at}"{mark}>{_moment(at, zone)}</time>'


def _moment(at: str, zone: tzinfo) -> str:
    return datetime.fromisoformat(at).astimezone(zone).strftime("%Y-%m-%d %H:%M")
