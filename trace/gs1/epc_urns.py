"""GS1 keys in the forms that EPCIS events name them by, as one canonical GS1 Digital Link. Pure: no I/O.

    urn:epc:id:sgtin:4012345.011111.9876               https://id.gs1.org/01/04012345111118/21/9876
    urn:epc:class:lgtin:4012345.012345.Lot987          https://id.gs1.org/01/04012345123456/10/Lot987
    urn:epc:idpat:sgtin:4012345.011111.*               https://id.gs1.org/01/04012345111118
    https://shop.example/x/gtin/09780345418913/21/7?a  https://id.gs1.org/01/09780345418913/21/7

CBV 2.0, 8.9 (what an event's hash is made of): on the domain id.gs1.org, no query string, and of the qualifiers only the one
that names a single thing or a lot. EPC Tag Data Standard, 6: the URNs; their keys have no check digit, so it is computed.
"""

import re
from collections.abc import Callable
from functools import lru_cache

from trace.gs1.check_digits import check_digit

DOMAIN = "https://id.gs1.org"
URI_CHARS_MAX = 1_024  # of what is looked at; a key has 90 at most

_FIELD = r"(?:%[0-9A-Fa-f]{2}|[!'()*+,\-0-9:;=A-Za-z_])"  # of a URN, but the dot that separates
_TEXT = rf"(?:{_FIELD}|\.)"
_CACHED = 65_536

# Of Digital Links: the application identifier of a key, its form, and the qualifiers of which the first that is there counts.
_KEYS: dict[str, tuple[str, tuple[str, ...]]] = {
    "00": (r"\d{18}", ()),
    "01": (r"\d{8}|\d{12,14}", ("21", "235", "10")),
    "253": (r"\d{13}.{0,17}", ()),
    "255": (r"\d{13}\d{0,12}", ()),
    "401": (r"\d{4}.{0,26}", ()),
    "402": (r"\d{17}", ()),
    "414": (r"\d{13}", ("254",)),
    "417": (r"\d{13}", ()),
    "8003": (r"\d{14}.{0,16}", ()),
    "8004": (r"\d{4}.{0,26}", ()),
    "8006": (r"\d{18}", ("21", "10")),
    "8010": (r"\d{4}.{0,26}", ("8011",)),
    "8017": (r"\d{18}", ()),
    "8018": (r"\d{18}", ()),
}
_NAMES = {  # of the convenience form
    "sscc": "00", "gtin": "01", "gdti": "253", "gcn": "255", "ginc": "401", "gsin": "402", "gln": "414", "party": "417",
    "grai": "8003", "giai": "8004", "itip": "8006", "cpid": "8010", "gsrnp": "8017", "gsrn": "8018",
    "cpv": "22", "lot": "10", "ser": "21", "glnx": "254", "cpsn": "8011",
}  # fmt: skip
_QUALIFIERS = frozenset({"10", "21", "22", "235", "254", "8011", "8019", "8020", "7040", "723"})
_LINK = re.compile(r"https?://[^/?#]+(/[^?#]*)", re.IGNORECASE)
_FORMS = {key: re.compile(form, re.ASCII) for key, (form, _) in _KEYS.items()}


@lru_cache(_CACHED)
def canonical_link(uri: str) -> str | None:
    """The GS1 Digital Link that says the same; None for what is neither an EPC URN nor a Digital Link.

    Check digits of Digital Links are taken as they are: what others captured is compared, not judged.
    """
    if len(uri) > URI_CHARS_MAX:
        return None
    if uri.startswith("urn:epc:"):
        return _of_urn(uri)
    link = _LINK.match(uri)
    return None if link is None else _of_path(link[1])


def _of_path(path: str) -> str | None:
    """The rightmost key counts; the pairs after it are its qualifiers."""
    parts = path.rstrip("/").split("/")[1:]
    for at in range(len(parts) - 2, -1, -1):
        key = _NAMES.get(parts[at], parts[at])
        form = _FORMS.get(key)
        if form is None or not form.fullmatch(parts[at + 1]) or (len(parts) - at) % 2:
            continue
        if at >= 2 and _NAMES.get(parts[at - 2], parts[at - 2]) in _QUALIFIERS:
            return None  # a qualifier before its key: nobody can tell what was meant
        pairs = zip(parts[at + 2 :: 2], parts[at + 3 :: 2], strict=True)
        qualifiers = {_NAMES.get(name, name): value for name, value in pairs}
        value = parts[at + 1].zfill(14) if key == "01" else parts[at + 1]
        for name in _KEYS[key][1]:
            if qualifiers.get(name):
                return f"{DOMAIN}/{key}/{value}/{name}/{qualifiers[name]}"
        return f"{DOMAIN}/{key}/{value}"
    return None


def _checked(digits: str) -> str:
    return digits + check_digit(digits)


def _gtin(prefix: str, item: str) -> str:
    return _checked(item[0] + prefix + item[1:])


def _escaped(text: str) -> str:
    """Characters that a URN may have as they are, and the path of a Digital Link may not."""
    for letter, written in _ESCAPES:
        text = text.replace(letter, written)
    return text


_ESCAPES = tuple((letter, f"%{ord(letter):02X}") for letter in "!()*+,:")

# A scheme of URN: what follows it, of how many digits the company prefix (6 to 12) and the reference are together (0: any),
# and the path that comes of its groups.
_SCHEMES: dict[str, tuple[re.Pattern[str], int, Callable[..., str]]] = {
    name: (re.compile(form, re.ASCII), digits, path)
    for name, form, digits, path in (
        ("id:sgtin", rf"(\d+)\.(\d+)\.({_TEXT}{{1,60}})", 13, lambda p, i, s: f"/01/{_gtin(p, i)}/21/{_escaped(s)}"),
        ("id:sscc", r"(\d+)\.(\d+)", 17, lambda p, s: f"/00/{_checked(s[0] + p + s[1:])}"),
        (
            "id:sgln", rf"(\d+)\.(\d*)\.({_TEXT}{{1,60}})", 12,
            lambda p, r, x: f"/414/{_checked(p + r)}" + ("" if x == "0" else f"/254/{_escaped(x)}"),
        ),
        ("id:grai", rf"(\d+)\.(\d*)\.({_TEXT}{{1,48}})", 12, lambda p, r, s: f"/8003/0{_checked(p + r)}{_escaped(s)}"),
        ("id:giai", rf"(\d+)\.({_TEXT}{{1,72}})", 0, lambda p, r: f"/8004/{p}{_escaped(r)}"),
        ("id:gsrn", r"(\d+)\.(\d+)", 17, lambda p, r: f"/8018/{_checked(p + r)}"),
        ("id:gsrnp", r"(\d+)\.(\d+)", 17, lambda p, r: f"/8017/{_checked(p + r)}"),
        ("id:gdti", rf"(\d+)\.(\d*)\.({_TEXT}{{1,60}})", 12, lambda p, r, s: f"/253/{_checked(p + r)}{_escaped(s)}"),
        (
            "id:cpi", rf"(\d+)\.({_FIELD}{{1,72}})\.(\d{{1,12}})", 0,
            lambda p, r, s: f"/8010/{_escaped(p + r)}/8011/{s}",
        ),
        ("id:sgcn", r"(\d+)\.(\d*)\.(\d{1,12})", 12, lambda p, r, s: f"/255/{_checked(p + r)}{s}"),
        ("id:ginc", rf"(\d+)\.({_TEXT}{{1,72}})", 0, lambda p, r: f"/401/{p}{_escaped(r)}"),
        ("id:gsin", r"(\d+)\.(\d+)", 16, lambda p, r: f"/402/{_checked(p + r)}"),
        (
            "id:itip", rf"(\d+)\.(\d+)\.(\d\d)\.(\d\d)\.({_TEXT}{{1,60}})", 13,
            lambda p, i, n, of, s: f"/8006/{_gtin(p, i)}{n}{of}/21/{_escaped(s)}",
        ),
        ("id:upui", rf"(\d+)\.(\d+)\.({_TEXT}{{1,84}})", 13, lambda p, i, s: f"/01/{_gtin(p, i)}/235/{_escaped(s)}"),
        ("id:pgln", r"(\d+)\.(\d*)", 12, lambda p, r: f"/417/{_checked(p + r)}"),
        ("class:lgtin", rf"(\d+)\.(\d+)\.({_TEXT}{{1,60}})", 13, lambda p, i, s: f"/01/{_gtin(p, i)}/10/{_escaped(s)}"),
        ("idpat:sgtin", r"(\d+)\.(\d+)\.\*", 13, lambda p, i: f"/01/{_gtin(p, i)}"),
        ("idpat:grai", r"(\d+)\.(\d*)\.\*", 12, lambda p, r: f"/8003/0{_checked(p + r)}"),
        ("idpat:gdti", r"(\d+)\.(\d*)\.\*", 12, lambda p, r: f"/253/{_checked(p + r)}"),
        ("idpat:sgcn", r"(\d+)\.(\d*)\.\*", 12, lambda p, r: f"/255/{_checked(p + r)}"),
        ("idpat:cpi", rf"(\d+)\.({_FIELD}{{1,72}})\.\*", 0, lambda p, r: f"/8010/{_escaped(p + r)}"),
        (
            "idpat:itip", r"(\d+)\.(\d+)\.(\d\d)\.(\d\d)\.\*", 13,
            lambda p, i, n, of: f"/8006/{_gtin(p, i)}{n}{of}",
        ),
        ("idpat:upui", r"(\d+)\.(\d+)\.\*", 13, lambda p, i: f"/01/{_gtin(p, i)}"),
    )
}  # fmt: skip


def _of_urn(uri: str) -> str | None:
    kind, _, rest = uri.removeprefix("urn:epc:").partition(":")
    name, _, value = rest.partition(":")
    known = _SCHEMES.get(f"{kind}:{name}")
    if known is None:
        return None
    form, digits, path = known
    found = form.fullmatch(value)
    if found is None or not 6 <= len(found[1]) <= 12:
        return None
    if digits and len(found[1]) + len(found[2]) != digits:
        return None
    return DOMAIN + path(*found.groups())
