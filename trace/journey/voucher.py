"""The traceability certificate of a lot (追溯凭证), to print on A4. Pure: no I/O.

What the page of a journey tells, on paper: who reads it scans the code, or looks the entries up in the log by their numbers. It
is in the language that was asked for, and leads to the other.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, tzinfo
from html import escape

from livehub.room.models import Language, in_language
from trace.coldchain.schemas import Finding
from trace.journey.schemas import Journey, JourneyEvent
from trace.journey.words import LANG, WORDS

CSS_PATH = "/trace/voucher.css"
OTHER: dict[Language, Language] = {"zh": "en", "en": "zh"}


def voucher(journey: Journey, language: Language, zone: tzinfo, *, qr: str, key: str | None) -> str:
    """The document. `qr`: SVG of the lot's code; `key`: the log's, as it is published."""
    words = WORDS[language]
    name = journey.product if journey.title is None else journey.title
    if journey.title is not None and journey.titles is not None:
        name = in_language(journey.titles, journey.title, language)
    moment = _clock(zone)
    facts = [(words["product"], name), (words["lot"], journey.lot), (words["gtin"], journey.gtin)]
    facts += [(words["made"], moment(journey.made_at)), (words["units"], f"{journey.units:,}")]
    origin = next((each.place.name for each in journey.events if each.place is not None), None)
    facts += [] if origin is None else [(words["origin"], origin)]
    other = OTHER[language]
    turn = f'<a href="?lang={other}" hreflang="{LANG[other]}">{words["voucher_other"]}</a>'
    body = (
        f"<nav><span>{words['print']}</span>{turn}</nav><main><header><div><h1>{words['voucher']}</h1>{_listed(facts)}</div>"
        f"<figure>{qr}<figcaption>{words['scan']}</figcaption></figure></header>"
        f"{_chain(journey, words, moment, key)}{_steps(journey.events, words, moment)}"
        f"{_breaches(journey, words, moment)}{_certificates(journey, words)}{_kin(journey, words)}"
        f"<footer>{words['as_of']} {moment(journey.as_of)} · {escape(journey.code)}</footer></main>"
    )
    title = f"{words['voucher']} · {journey.lot}"
    return (
        f'<!doctype html><html lang="{LANG[language]}"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="robots" content="noindex">'
        f'<link rel="stylesheet" href="{CSS_PATH}"></head><body>{body}</body></html>'
    )


def _chain(journey: Journey, words: dict[str, str], moment: Callable[[str], str], key: str | None) -> str:
    chain = journey.chain
    state = words["logged" if chain.leaf is not None else "pending"]
    state += " · " + words["anchored" if chain.state == "anchored" else "not_anchored"]
    facts = []
    if chain.leaf is not None:
        facts.append((words["entry"], str(chain.leaf)))
    if isinstance(chain.logged_at, str):
        facts.append((words["in_log"], moment(chain.logged_at)))
    if isinstance(chain.anchored_at, str):
        facts.append((words["on_chain"], moment(chain.anchored_at)))
    if isinstance(chain.id, str):
        facts.append((words["identity"], chain.id))
    if key is not None:
        facts.append((words["key"], key))
    warning = f"<strong>{words['development']}</strong>" if chain.is_development is True else ""
    return f'<section class="chain"><p>{state} {warning}</p>{_listed(facts)}</section>'


def _steps(events: Sequence[JourneyEvent], words: dict[str, str], moment: Callable[[str], str]) -> str:
    rows = [
        (
            words[each.kind],
            moment(each.at),
            each.lot,
            "" if each.place is None else each.place.name,
            "" if each.celsius is None else f"{each.celsius:g} °C",
            "" if each.leaf is None else str(each.leaf),
        )
        for each in events
    ]
    heads = [words[name] for name in ("step", "time", "lot", "place", "temperature", "entry")]
    return _table(words["story"], heads, rows)


def _breaches(journey: Journey, words: dict[str, str], moment: Callable[[str], str]) -> str:
    if not journey.temperature and not journey.breaches:
        return ""
    found = sorted(journey.breaches, key=lambda each: each.reading_at)
    if not found:
        return f"<h2>{words['breaches']}</h2><p>{words['no_breaches']}</p>"
    heads = [words["happened"], words["since"], words["measured"], words["temperature"], words["entry"]]
    return _table(words["breaches"], heads, [_breach(each, words, moment) for each in found])


def _breach(found: Finding, words: dict[str, str], moment: Callable[[str], str]) -> tuple[str, ...]:
    note = "" if found.corrected_at is None else f" ({words['breach_corrected']})"
    celsius = "" if found.celsius is None else f"{found.celsius:g} °C"
    leaf = "" if found.leaf is None else str(found.leaf)
    return words[f"cause_{found.cause}"] + note, moment(found.from_at), moment(found.reading_at), celsius, leaf


def _certificates(journey: Journey, words: dict[str, str]) -> str:
    rows = [
        (words.get(f"kind_{each.kind}", each.kind), each.number, each.valid_until or "", (each.sha256 or "")[:16])
        for each in journey.certificates
    ]
    heads = [words["certificate_kind"], words["number"], words["valid_until"], "SHA-256"]
    return _table(words["certificates"], heads, rows) if rows else ""


def _kin(journey: Journey, words: dict[str, str]) -> str:
    lots = ", ".join(each.lot for each in journey.came_of)
    return f"<h2>{words['came_of']}</h2><p>{escape(lots)}</p>" if lots else ""


def _table(title: str, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    head = "".join(f'<th scope="col">{each}</th>' for each in heads)
    body = "".join(f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in rows)
    table = f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    return f'<h2>{title}</h2><div class="wide" tabindex="0" role="region" aria-label="{title}">{table}</div>'


def _listed(facts: Sequence[tuple[str, str]]) -> str:
    return f"<dl>{''.join(f'<div><dt>{term}</dt><dd>{escape(text)}</dd></div>' for term, text in facts)}</dl>"


def _clock(zone: tzinfo) -> Callable[[str], str]:
    return lambda at: datetime.fromisoformat(at).astimezone(zone).strftime("%Y-%m-%d %H:%M")
