"""Every setting comes from the environment by its name; what is wrong is said all at once; a name nobody knows is refused."""

import math
from collections.abc import Mapping
from typing import Any

import msgspec
import pytest

from livehub.app import DEMO_MODULES
from livehub.base import config as configuration
from livehub.base.config import Config, ConfigError, Settings, own_fields, variable
from livehub.base.module import sections
from livehub.hub.chat.settings import ChatConfig
from livehub.hub.settings import HubConfig

DECLARED: list[type[Config]] = [Config, *sections(DEMO_MODULES)]
SECTION_OF = {field.name: section for section in DECLARED for field in own_fields(section)}
FIELDS = [field for section in DECLARED for field in own_fields(section)]


def load(environ: Mapping[str, str], **values: Any) -> Settings:
    return configuration.load(environ, DECLARED, **values)


def test_an_empty_environment_gives_the_defaults() -> None:
    assert load({}).core == Config()
    assert load({"PATH": "/bin", "LIVEHUB_HOST": ""}).core == Config()


def test_each_kind_of_value_is_read() -> None:
    settings = load(
        {
            "DATABASE_URL": "postgresql://db/live",
            "REDIS_URL": "redis://bus/0",
            "LIVEHUB_CHAT_TEXT_CHARS_MAX": "120",
            "LIVEHUB_DB_TIMEOUT_S": "2.5",
            "LIVEHUB_LOG_FORMAT": "text",
            "LIVEHUB_PORT": "8080",
            "LIVEHUB_DATA": "/var/lib/livehub",
        }
    )
    core: dict[str, Any] = {
        "database_url": "postgresql://db/live",
        "redis_url": "redis://bus/0",
        "db_timeout_s": 2.5,
        "log_format": "text",
    }
    assert settings.core == Config(**core)
    assert settings.of(ChatConfig) == ChatConfig(**core, chat_text_chars_max=120)


@pytest.mark.parametrize("text", ["1", "true", "TRUE", "yes", "on", "Yes"])
def test_words_for_true(text: str) -> None:
    assert load({"LIVEHUB_TRUST_PROXY": text}).core.trust_proxy is True


@pytest.mark.parametrize("text", ["0", "false", "False", "no", "off"])
def test_words_for_false(text: str) -> None:
    assert load({"LIVEHUB_SOCKET_DEFLATE": text}).of(HubConfig).socket_deflate is False


def test_an_override_wins_over_the_environment() -> None:
    assert load({"LIVEHUB_HOST": "0.0.0.0"}, host="::1").core.host == "::1"


def test_every_fault_is_named_at_once() -> None:
    with pytest.raises(ConfigError) as refusal:
        load(
            {
                "LIVEHUB_SECRET": "short",
                "LIVEHUB_BAG_MAX": "many",
                "LIVEHUB_TICK_INTERVAL_MS": "0",
                "LIVEHUB_LOG_LEVEL": "LOUD",
                "LIVEHUB_TRUST_PROXY": "perhaps",
                "LIVEHUB_CHAT_TEXT_CHAR_MAX": "10",
                "LIVEHUB_": "x",
                "LIVEHUB_HOST": "127.0.0.1",
            }
        )
    faults = dict(fault.split(": ", 1) for fault in str(refusal.value).split("; "))
    assert set(faults) == {
        "LIVEHUB_SECRET",
        "LIVEHUB_BAG_MAX",
        "LIVEHUB_TICK_INTERVAL_MS",
        "LIVEHUB_LOG_LEVEL",
        "LIVEHUB_TRUST_PROXY",
        "LIVEHUB_CHAT_TEXT_CHAR_MAX",
        "LIVEHUB_",
    }
    assert faults["LIVEHUB_TICK_INTERVAL_MS"] == "must be a whole number, at least 10, at most 5000"
    assert faults["LIVEHUB_LOG_LEVEL"] == "must be one of DEBUG, INFO, WARNING, ERROR"
    assert faults["LIVEHUB_TRUST_PROXY"] == "must be true or false"
    assert faults["LIVEHUB_CHAT_TEXT_CHAR_MAX"] == "there is no such setting"
    assert faults["LIVEHUB_SECRET"] == "at least 32 characters are needed"


@pytest.mark.parametrize(
    "listed",
    [
        "",
        "*",
        "null",
        "https://Shop.example:443/, http://10.0.0.5:8080,capacitor://localhost",
        "http://[::1]:8000,",
        " , *",
    ],
)
def test_origins_are_taken_as_browsers_send_them(listed: str) -> None:
    assert load({"LIVEHUB_ALLOWED_ORIGINS": listed}).of(Config).allowed_origins == listed


@pytest.mark.parametrize(
    "listed",
    [
        "https://shop.example/live", "https://shop.example?x", "shop.example", "https://", "https://a.example https://b.example",
        "https://*/x", "https://a.example,https://b.example/path", "https://user@shop.example",
    ],
)  # fmt: skip
def test_what_no_page_sends_as_its_origin_is_refused_at_the_start(listed: str) -> None:
    with pytest.raises(
        ConfigError, match=r"^LIVEHUB_ALLOWED_ORIGINS: must be scheme://host\[:port\] without a path, null or \*$"
    ):
        load({"LIVEHUB_ALLOWED_ORIGINS": listed})


@pytest.mark.parametrize(
    ("name", "text", "needed"),
    [
        ("LIVEHUB_PUBLIC_URL", "foo", "https://host[:port][/path], or the same with http://"),
        ("LIVEHUB_TIME_ZONE", "Mars", "an IANA name, e.g. Europe/Paris"),
        ("LIVEHUB_TIME_ZONE", "../Paris", "an IANA name, e.g. Europe/Paris"),
        ("LIVEHUB_TIME_ZONE", "Europe", "an IANA name, e.g. Europe/Paris"),
        ("DATABASE_URL", "mysql://me:secret@db/live", "postgresql://user:password@host:port/database"),
        ("REDIS_URL", "me:secret@bus", "redis://user:password@host:port/0, with TLS rediss://..., or unix:///path"),
        ("LIVEHUB_PORT", "abc", "a number from 1 to 65535"),
        ("LIVEHUB_PORT", "65536", "a number from 1 to 65535"),
        ("LIVEHUB_HTTP_REQUESTS_BURST_MAX", "1" * 20, "a whole number, at least 1, at most 9007199254740991"),
        ("LIVEHUB_DB_TIMEOUT_S", "soon", "a number, more than 0, at most 600"),
    ],
)
def test_a_fault_says_what_is_needed_and_not_what_was_written(name: str, text: str, needed: str) -> None:
    with pytest.raises(ConfigError) as refusal:
        load({name: text})
    assert refusal.value.faults == (f"{name}: must be {needed}",)


def test_a_secret_of_32_characters_is_enough() -> None:
    assert load({"LIVEHUB_SECRET": "x" * 32}).core.secret == "x" * 32


NUMBERS = [field for field in FIELDS if isinstance(field.default, int | float) and not isinstance(field.default, bool)]


@pytest.mark.parametrize("field", NUMBERS, ids=lambda field: field.name)
def test_no_number_may_be_negative_infinite_or_none_at_all(field: msgspec.structs.FieldInfo) -> None:
    for text in ("-1", "nan", "inf", "-inf", "", " ", "1_0x"):
        environ = {variable(field.name): text}
        if not text:
            assert getattr(load(environ).of(SECTION_OF[field.name]), field.name) == field.default
            continue
        with pytest.raises(ConfigError, match=f"^{variable(field.name)}: "):
            load(environ)


@pytest.mark.parametrize("field", NUMBERS, ids=lambda field: field.name)
def test_every_default_is_within_its_own_bounds(field: msgspec.structs.FieldInfo) -> None:
    assert msgspec.convert(field.default, field.type) == field.default
    assert math.isfinite(field.default)


def test_every_setting_says_what_it_is_and_every_number_its_unit() -> None:
    units = (
        "_max",
        "_min",
        "_s",
        "_days",
        "_ms",
        "_bytes",
        "_bps",
        "_px",
        "_packets",
        "_concurrency",
        "_slice",
        "_port",
        "_bits",
        "_rate",
        "_minor",
        "_confirmations",
        "_chain_id",
        "_blocks",
    )
    for field in FIELDS:
        assert field.type.__metadata__[0].description
        if field in NUMBERS:
            assert field.name.endswith(units), field.name


ORDERED = [(section, low, high) for section in DECLARED for low, high in section.in_order]


@pytest.mark.parametrize(("section", "low", "high"), ORDERED, ids=str)
def test_no_least_may_be_more_than_its_most(section: type[Config], low: str, high: str) -> None:
    defaults = section()
    assert getattr(defaults, low) <= getattr(defaults, high)
    above = getattr(defaults, high) + 1
    fault = f"{variable(low)}: {above} is more than {variable(high)}, which is {getattr(defaults, high)}"
    with pytest.raises(ConfigError) as refusal:
        load({}, **{low: above})
    assert fault in str(refusal.value)


def test_a_value_is_changed_in_every_section_that_has_it() -> None:
    changed = load({}).replace(database_url="postgresql://other", chat_text_chars_max=7)
    assert changed.core.database_url == "postgresql://other"
    assert changed.of(HubConfig).database_url == "postgresql://other"
    assert changed.of(ChatConfig).chat_text_chars_max == 7


def test_no_two_sections_declare_the_same_setting() -> None:
    names = [field.name for field in FIELDS]
    assert sorted(set(names)) == sorted(names)
