"""One range of bytes is read as the standard writes it; whatever else a Range says asks for the whole."""

import pytest

from livehub.base.ranges import ByteRange, is_unchanged, range_asked


@pytest.mark.parametrize(
    ("header", "asked", "within"),
    [
        ("bytes=0-0", ByteRange(0, 0), (0, 1)),
        ("bytes=10-19", ByteRange(10, 19), (10, 20)),
        ("bytes=90-", ByteRange(90, None), (90, 100)),
        ("bytes=90-1000", ByteRange(90, 1000), (90, 100)),
        ("bytes=-10", ByteRange(None, 10), (90, 100)),
        ("bytes=-1000", ByteRange(None, 1000), (0, 100)),
        ("BYTES = 1-2", ByteRange(1, 2), (1, 3)),
        ("bytes=1-2,", ByteRange(1, 2), (1, 3)),
        ("bytes=, 1-2 ,,", ByteRange(1, 2), (1, 3)),
        ("bytes=007-007", ByteRange(7, 7), (7, 8)),
        ("bytes=0-" + "9" * 5000, ByteRange(0, 2**63 - 1), (0, 100)),
        # There is nothing of these.
        ("bytes=100-", ByteRange(100, None), None),
        ("bytes=100-200", ByteRange(100, 200), None),
        ("bytes=-0", ByteRange(None, 0), None),
        ("bytes=" + "9" * 5000 + "-", ByteRange(2**63 - 1, None), None),
    ],
)
def test_a_range_is_read(header: str, asked: ByteRange, within: tuple[int, int] | None) -> None:
    assert range_asked("GET", [header]) == asked
    assert asked.within(100) == within


@pytest.mark.parametrize("header", ["bytes=0-", "bytes=-1", "bytes=0-0"])
def test_there_is_nothing_of_what_is_empty(header: str) -> None:
    asked = range_asked("GET", [header])
    assert asked is not None
    assert asked.within(0) is None


@pytest.mark.parametrize(
    "values",
    [
        [],
        [""],
        ["items=0-5"],
        ["seconds=0-5"],
        ["bytes"],
        ["bytes="],
        ["bytes=-"],
        ["bytes=5-2"],
        ["bytes=a-b"],
        ["bytes=1"],
        ["bytes=1-2-3"],
        ["bytes=0x1-2"],
        ["bytes=\u0661-\u0662"],
        ["bytes=+1-2"],
        ["bytes=1 - 2"],
        ["bytes=0-1,4-5"],
        ["bytes=0-1, -5"],
        ["bytes=0-1", "4-5"],
        ["bytes=0-1", "bytes=4-5"],
        ["xbytes=0-1"],
    ],
)
def test_the_whole_is_asked_for(values: list[str]) -> None:
    assert range_asked("GET", values) is None


@pytest.mark.parametrize("method", ["HEAD", "POST", "OPTIONS"])
def test_ranges_are_of_get_alone(method: str) -> None:
    assert range_asked(method, ["bytes=0-1"]) is None


AT_S = 1_800_000_000
DATE = "Fri, 15 Jan 2027 08:00:00 GMT"


@pytest.mark.parametrize(
    ("if_range", "is_same"),
    [
        ('"a-1"', True),
        (' "a-1" ', True),
        ('W/"a-1"', False),
        ('"a-2"', False),
        ('"a-1", "b"', False),
        (DATE, True),
        ("Friday, 15-Jan-27 08:00:00 GMT", True),  # the obsolete form of RFC 850
        ("Fri, 15 Jan 2027 08:00:01 GMT", False),
        ("Fri, 15 Jan 2027 07:59:59 GMT", False),
        ("", False),
        ("tomorrow", False),
        ("a-1", False),
        ("Fri, 15 Jan 99999 08:00:00 GMT", False),
    ],
)
def test_a_condition_names_exactly_what_there_is(if_range: str, is_same: bool) -> None:
    assert is_unchanged(if_range, etag='"a-1"', modified_s=AT_S) is is_same
    assert not is_unchanged(if_range, etag=None, modified_s=None)


def test_a_weak_tag_of_ours_matches_nothing() -> None:
    assert not is_unchanged('W/"a"', etag='W/"a"', modified_s=AT_S)
