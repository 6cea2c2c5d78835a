"""A GS1 Digital Link is read in one way and written in one way; what is wrong with a code is refused, and said."""

import pytest
import segno
from hypothesis import given
from hypothesis import strategies as st

from trace.gs1.check_digits import check_characters, has_check_characters
from trace.gs1.digital_links import DigitalLink, in_capitals, is_alphanumeric, link, parse, parse_path
from trace.gs1.element_strings import scanned
from trace.gs1.errors import CodeUnreadable
from trace.gs1.identifiers import CSET_82

GTIN = "09520123456788"
BASE = "https://shop.example"


def refused(uri: str, *, lenient: bool = False) -> tuple[object, object]:
    with pytest.raises(CodeUnreadable) as refusal:
        parse(uri, lenient=lenient)
    return refusal.value.details["reason"], refusal.value.details.get("ai")


def test_a_product_a_lot_and_a_box_are_read() -> None:
    found = parse(f"{BASE}/01/{GTIN}/22/2A/10/20261128A/21/7?17=261205#top")
    assert found == DigitalLink(key=("01", GTIN), qualifiers=(("22", "2A"), ("10", "20261128A"), ("21", "7")))
    assert found.value("10") == "20261128A"
    assert found.value("254") is None
    assert found.path() == f"/01/{GTIN}/22/2A/10/20261128A/21/7"
    assert [each.path() for each in found.levels()] == [
        f"/01/{GTIN}/22/2A/10/20261128A/21/7",
        f"/01/{GTIN}/22/2A/10/20261128A",
        f"/01/{GTIN}/22/2A",
        f"/01/{GTIN}",
    ]


@pytest.mark.parametrize(
    "path",
    [
        "/00/340123451111111111",
        f"/01/{GTIN}",
        f"/01/{GTIN}/235/2ABC",
        "/253/4012345000054DOC1",
        "/255/4012345000054001",
        "/401/4012345ABC",
        "/402/40123450000000016",
        "/414/4012345000054",
        "/414/4012345000054/254/122",
        "/415/4012345000054/8020/REF1",
        "/417/4012345000054",
        "/8003/04012345000054A1",
        "/8004/4012345ABC",
        f"/8006/{GTIN}0102/10/A",
        "/8010/4012345P1/8011/12",
        "/8013/1987654Ad4X4bL5ttr2310c2K",
        "/8017/401234500000000012/8019/3",
        "/8018/401234500000000012",
    ],
)
def test_every_key_of_the_standard_is_read_and_written_as_it_was(path: str) -> None:
    assert parse(BASE + path).uri(BASE) == BASE + path


@pytest.mark.parametrize(
    ("path", "reason", "ai"),
    [
        ("/00/340123451111111112", "check_digit", "00"),
        ("/253/4012345000055DOC1", "check_digit", "253"),
        ("/402/40123450000000015", "check_digit", "402"),
        ("/414/4012345000055", "check_digit", "414"),
        ("/8003/04012345000055A1", "check_digit", "8003"),
        ("/8003/14012345000051A1", "characters", "8003"),
        (f"/8006/{GTIN}0302", "characters", "8006"),
        ("/8010/4012345p1", "characters", "8010"),
        ("/8004/ABC4012345", "characters", "8004"),
        ("/8013/1987654Ad4X4bL5ttr2310c2J", "check_digit", "8013"),
        ("/8018/401234500000000013", "check_digit", "8018"),
        (f"/01/{GTIN}/10/ABCDEFGHIJKLMNOPQRSTU", "length", "10"),
        (f"/01/{GTIN}/10/A/254/B", "qualifier", "01"),
        (f"/01/{GTIN}/17/261205", "qualifier", "17"),
        (f"/01/{GTIN}/10/A/10/A", "qualifier", "01"),
        (f"/01/{GTIN}/22/2A/235/B", "qualifier", "01"),
        ("/10/A", "no_key", None),
        ("/", "no_key", None),
        ("", "not_a_link", None),
    ],
)
def test_a_key_or_qualifier_that_is_wrong_is_refused(path: str, reason: str, ai: str | None) -> None:
    assert refused(BASE + path) == (reason, ai)


@pytest.mark.parametrize(
    "uri", ["shop.example/01/" + GTIN, "ftp://shop.example/01/" + GTIN, "https:///01/" + GTIN, "中文"]
)
def test_what_is_no_web_address_is_refused(uri: str) -> None:
    assert refused(uri) == ("not_a_link", None)


def test_a_host_with_a_name_before_it_is_refused() -> None:
    assert refused(f"https://shop.example@evil.example/01/{GTIN}") == ("not_a_link", None)


def test_t32_a_serial_before_the_key_is_never_read_as_one() -> None:
    assert refused("https://id.gs1.org/21/2018/01/70614141123451") == ("qualifier", "21")
    with pytest.raises(CodeUnreadable):
        scanned("https://id.gs1.org/21/2018/01/70614141123451")


def test_t34_a_wrong_check_digit_is_refused_in_a_link_and_in_a_scanned_code() -> None:
    assert refused(f"{BASE}/01/09520123456789/10/A") == ("check_digit", "01")
    for text in ("010952012345678910A", "(01)09520123456789(10)A", "9520123456789"):
        with pytest.raises(CodeUnreadable) as refusal:
            scanned(text)
        assert refusal.value.details == {"ai": "01", "reason": "check_digit"}


def test_t35_a_short_gtin_and_a_slash_at_the_end_are_forgiven_by_a_resolver_and_never_written() -> None:
    assert refused(f"{BASE}/01/2112345678900") == ("length", "01")
    assert parse(f"{BASE}/01/2112345678900", lenient=True).path() == "/01/02112345678900"
    assert parse(f"{BASE}/01/95201238/", lenient=True).path() == "/01/00000095201238"
    assert refused(f"{BASE}/01/{GTIN}/") == ("no_key", None)
    assert parse(f"{BASE}/01/{GTIN}/", lenient=True).path() == f"/01/{GTIN}"
    assert refused(f"{BASE}/01/{GTIN}//", lenient=True) == ("no_key", None)
    assert refused(f"{BASE}/01/123456789", lenient=True) == ("length", "01")


def test_t35_the_case_of_scheme_and_host_says_nothing() -> None:
    assert parse(f"HtTp://ShOp.eXaMpLe/01/{GTIN}/10/a") == parse(f"http://shop.example/01/{GTIN}/10/a")
    assert parse(f"{BASE}/01/{GTIN}/10/a") != parse(f"{BASE}/01/{GTIN}/10/A")


def test_t35_the_rightmost_key_is_meant() -> None:
    assert parse(f"{BASE}/00/faux/00/340123451111111111").path() == "/00/340123451111111111"
    assert parse(f"{BASE}/fruit/berries/01/{GTIN}/10/A").path() == f"/01/{GTIN}/10/A"


def test_t36_qualifiers_stand_in_their_order() -> None:
    assert refused(f"{BASE}/01/{GTIN}/21/7/10/A") == ("qualifier", "01")
    assert refused(f"{BASE}/01/{GTIN}/10/A/22/2A") == ("qualifier", "01")


def test_t37_a_slash_in_a_lot_is_percent_encoded_and_comes_back() -> None:
    written = link("01", GTIN, ("10", "AB/C")).uri(BASE)
    assert written == f"{BASE}/01/{GTIN}/10/AB%2FC"
    assert parse(written).value("10") == "AB/C"
    assert parse(f"{BASE}/01/{GTIN}/10/AB%2fC").value("10") == "AB/C"


def test_t37_a_lot_of_characters_that_gs1_has_not_is_refused() -> None:
    with pytest.raises(CodeUnreadable) as refusal:
        link("01", GTIN, ("10", "批次1"))
    assert refusal.value.details == {"ai": "10", "reason": "characters"}
    assert refused(f"{BASE}/01/{GTIN}/10/%E6%89%B9%E6%AC%A11") == ("characters", "10")
    assert refused(f"{BASE}/01/{GTIN}/10/A%20B") == ("characters", "10")


@pytest.mark.parametrize("lot", ["A%", "A%4", "A%GG", "%FF", "A%C3"])
def test_t37_what_is_percent_encoded_wrongly_is_refused(lot: str) -> None:
    assert refused(f"{BASE}/01/{GTIN}/10/{lot}") == ("percent_encoding", None)


@given(lot=st.text(sorted(CSET_82), min_size=1, max_size=20), serial=st.text(sorted(CSET_82), min_size=1, max_size=20))
def test_t37_whatever_gs1_allows_comes_back_as_it_was(lot: str, serial: str) -> None:
    written = link("01", GTIN, ("10", lot), ("21", serial))
    assert parse(written.uri(BASE)) == written
    assert parse_path(written.path()) == written


def test_t38_a_link_in_capitals_is_a_smaller_code_and_says_the_same() -> None:
    uri = link("01", GTIN, ("10", "20261128A")).uri(BASE)
    capitals = in_capitals(uri)
    assert capitals == f"HTTPS://SHOP.EXAMPLE/01/{GTIN}/10/20261128A"
    assert is_alphanumeric(capitals)
    assert not is_alphanumeric(uri)
    small, large = (segno.make(each, micro=False, error="m", boost_error=False) for each in (capitals, uri))
    assert (small.mode, small.version, large.version) == ("alphanumeric", 3, 4)
    assert parse(capitals) == parse(uri)
    assert in_capitals(f"{BASE}/01/{GTIN}/10/a") == f"HTTPS://SHOP.EXAMPLE/01/{GTIN}/10/a"


def test_check_characters_are_those_of_the_general_specifications() -> None:
    assert check_characters("1987654Ad4X4bL5ttr2310c") == "2K"
    assert has_check_characters("1987654Ad4X4bL5ttr2310c2K")
    assert not has_check_characters("1987654Ad4X4bL5ttr2310d2K")


@pytest.mark.parametrize(
    ("text", "path", "says"),
    [
        (f"01{GTIN}10A\x1d21B", f"/01/{GTIN}/10/A/21/B", {}),
        (f"]Q301{GTIN}17260101" + "10A", f"/01/{GTIN}/10/A", {"17": "260101"}),
        (f"(01){GTIN}(21)7(10)AB/C(17)260101", f"/01/{GTIN}/10/AB%2FC/21/7", {"17": "260101"}),
        ("00340123451111111111", "/00/340123451111111111", {}),
        ("9520123456788", f"/01/{GTIN}", {}),
        (f"  HTTPS://SHOP.EXAMPLE/01/{GTIN}/10/A\n", f"/01/{GTIN}/10/A", {}),
    ],
)
def test_what_a_scanner_reads_is_taken_apart(text: str, path: str, says: dict[str, str]) -> None:
    found = scanned(text)
    assert (found.link.path(), found.says) == (path, says)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "length"),
        ("hello", "no_key"),
        ("10A", "no_key"),
        (f"01{GTIN}10A\x1d10B", "repeated"),
        (f"01{GTIN}254A", "qualifier"),
        ("00340123451111111112", "check_digit"),
        (f"(01){GTIN}(10)批次1", "no_key"),
    ],
)
def test_what_a_scanner_reads_wrongly_is_refused(text: str, reason: str) -> None:
    with pytest.raises(CodeUnreadable) as refusal:
        scanned(text)
    assert refusal.value.details["reason"] == reason
