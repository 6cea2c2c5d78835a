"""Claims are found however they are written, and nothing is found in words that only look like them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commerce.catalogue.claim_words import CERTIFICATES, CLAIMS
from commerce.catalogue.claims import ClaimWord, FlaggedWord, claims_in, flags_in, texts_of, unproven, unseen


def claims(text: str) -> list[tuple[str, str]]:
    return [(claim.kind, claim.word) for claim in claims_in({"title": text})]


def flags(text: str) -> list[tuple[str, str]]:
    return [(flag.kind, flag.word) for flag in flags_in({"title": text})]


@pytest.mark.parametrize(
    ("text", "kind", "word"),
    [
        ("有机蓝莓", "organic", "有机"),
        ("有 机 蓝莓", "organic", "有 机"),
        ("有·机 蓝莓", "organic", "有·机"),
        ("有　机蓝莓", "organic", "有　机"),
        ("有-机蓝莓", "organic", "有-机"),
        ("有🍎机苹果", "organic", "有🍎机"),
        ("有机藍莓", "organic", "有机"),
        ("有機藍莓", "organic", "有機"),
        ("散\u200b养鸡蛋", "free_range", "散\u200b养"),
        ("散養雞蛋", "free_range", "散養"),
        ("绿色食品认证", "green_food", "绿色食品"),
        ("Organic blueberries", "organic", "Organic"),
        ("ＯＲＧＡＮＩＣ", "organic", "ＯＲＧＡＮＩＣ"),
        ("O R G A N I C apples", "organic", "O R G A N I C"),
        ("o.r.g.a.n.i.c", "organic", "o.r.g.a.n.i.c"),
        ("\u043erganic eggs", "organic", "\u043erganic"),
        ("organically grown", "organic", "organically"),
        ("Free-range eggs", "free_range", "Free-range"),
        ("free range eggs", "free_range", "free range"),
        ("free\u2011range eggs", "free_range", "free\u2011range"),
        ("Freerange", "free_range", "Freerange"),
        ("cage-free", "free_range", "cage-free"),
        ("Non-GMO soy milk", "non_gmo", "Non-GMO"),
        ("Wild-caught salmon", "wild", "Wild-caught"),
        ("无农药青菜", "pesticide_free", "无农药"),
    ],
)
def test_a_claim_is_found_as_it_is_written(text: str, kind: str, word: str) -> None:
    assert claims(text) == [(kind, word)]


@pytest.mark.parametrize(
    "text",
    [
        "山花蜜", "只要有机会就尝尝", "所有机器清洗", "这里有，机器也有", "有机肥种植",
        "inorganic salt", "Free delivery, range of sizes",
        "毫无抗拒之力", "green vegetables", "Organisation", "wild garlic pesto",
    ],
)  # fmt: skip
def test_no_claim_is_found_in_what_only_looks_like_one(text: str) -> None:
    assert claims(text) == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("绝对新鲜", [("absolute", "绝对")]),
        ("絕 對 新鮮", [("absolute", "絕 對")]),
        ("100%新鲜", [("absolute", "100%")]),
        ("１００％新鲜", [("absolute", "１００％")]),
        ("1 0 0 % fresh", [("absolute", "1 0 0 %")]),
        ("100 percent fresh", [("absolute", "100 percent")]),
        ("百分百新鲜", [("absolute", "百分百")]),
        ("全网最低", [("superlative", "最")]),
        ("销量第一", [("superlative", "第一")]),
        ("国家级好茶", [("superlative", "国家级")]),
        ("The best eggs in the world", [("superlative", "best"), ("superlative", "in the world")]),
        ("World\u2019s finest", [("superlative", "World\u2019s"), ("superlative", "finest")]),
        ("No. 1 in Shanghai", [("superlative", "No. 1")]),
        ("抗癌蓝莓", [("medical", "抗癌")]),
        ("Lowers blood pressure", [("medical", "Lowers blood pressure")]),
    ],
)
def test_a_word_that_advertising_may_not_use_is_flagged(text: str, found: list[tuple[str, str]]) -> None:
    assert flags(text) == found


@pytest.mark.parametrize(
    "text",
    [
        "最后10件", "每人最多2件", "最近采摘", "第一批蓝莓", "Best before 3 days",
        "1100% more", "10% off", "No. 12", "no 1.5 l bottle",
        "Secure delivery", "Healthy snack", "巴氏杀菌鲜奶",
    ],
)  # fmt: skip
def test_nothing_is_flagged_in_what_only_looks_like_it(text: str) -> None:
    assert flags(text) == []


def test_each_field_and_language_is_looked_at_and_a_word_is_told_once_for_each() -> None:
    texts = texts_of(
        title="有机蓝莓，有机", titles={"zh": "蓝莓", "en": "Organic blueberries"}, subtitle=None, unit="", subtitles={}
    )
    assert claims_in(texts) == [
        ClaimWord(field="title", word="有机", kind="organic"),
        ClaimWord(field="titles.en", word="Organic", kind="organic"),
    ]


def test_a_certificate_proves_the_claims_of_its_kind_and_no_others() -> None:
    both = claims_in({"title": "有机散养鸡蛋"})
    assert unproven(both, ["organic"]) == [ClaimWord(field="title", word="散养", kind="free_range")]
    assert unproven(both, ["organic", "free_range"]) == []
    assert set(CLAIMS) == set(CERTIFICATES)


def test_a_word_that_was_answered_for_is_so_however_it_is_written() -> None:
    found = flags_in({"title": "１００ ％ 果汁，绝对新鲜"})
    assert unseen(found, ["100%"]) == [FlaggedWord(field="title", word="绝对", kind="absolute")]
    assert unseen(found, ["100%", "绝 对"]) == []
    assert unseen(found, []) == found


@given(st.text(max_size=60) | st.text(alphabet="有机 ·100%％organic最-\u200b", max_size=60))
def test_whatever_the_text_each_word_found_stands_in_it(text: str) -> None:
    words = [claim.word for claim in claims_in({"t": text})] + [flag.word for flag in flags_in({"t": text})]
    assert all(word and word in text for word in words)
