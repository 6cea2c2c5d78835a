"""Configuration: settings and limits from the environment alone.

Each package declares its own as a section, a Struct on top of Config; `load` reads all sections together, so a process has one
value for each setting, whoever asks. A field `chat_text_chars_max` is set by LIVEHUB_CHAT_TEXT_CHARS_MAX; DATABASE_URL and
REDIS_URL keep their usual names. The unit stands last in a name. docs/operations.md lists all of them (generated).
`load` reads a mapping given to it, so that nothing below this module looks at the environment.
"""

from collections.abc import Iterable, Mapping
from typing import Annotated, Any, ClassVar, Literal, TypeVar, get_args, get_origin
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Meta, Struct


def described(description: str, *, form: str = "any text", **bounds: Any) -> Any:
    """What a setting is, and its bounds: `Annotated[int, described("jobs at a time", ge=1, le=100)]`.

    `form`: of a text, in words: what may be written.
    """
    return Meta(description=description, extra={"form": form}, **bounds)


# As in livehub/base/origins.py; `null` is the origin of pages in files.
_ORIGIN = r"\*|null|[A-Za-z][A-Za-z0-9+.-]*://(\[[0-9A-Fa-f:.]+\]|[^\s/?#@:,\[\]]+)(:[0-9]{1,5})?/?"


class Config(Struct, frozen=True, kw_only=True):
    """What every process reads. Each setting has a default that suits one machine; a bad value is refused by name at start."""

    in_order: ClassVar[tuple[tuple[str, str], ...]] = ()
    """Pairs of fields of a section; the first may not be greater than the second."""

    def faults(self) -> list[str]:
        """What is wrong with this section's settings taken together, a line for each, beginning with the variable's name. Never
        says what was written, which may be a secret."""
        return []

    # --- where things are ---
    database_url: Annotated[
        str,
        described(
            "PostgreSQL to use; empty: the embedded one",
            form="`postgresql://user:password@host:port/database`",
            pattern=r"^(postgres(ql)?://.+)?$",
        ),
    ] = ""
    redis_url: Annotated[
        str,
        described(
            "Valkey or Redis to use; empty: the embedded one",
            form="`redis://user:password@host:port/0`, with TLS `rediss://...`, or `unix:///path`",
            pattern=r"^((rediss?|unix)://.+)?$",
        ),
    ] = ""
    host: Annotated[
        str, described("address to listen on; `::` or `0.0.0.0`: all", form="an address or a name of this machine")
    ] = "127.0.0.1"
    public_url: Annotated[
        str,
        described(
            "how the outside reaches us, e.g. https://live.example; empty: http://host:port",
            form="`https://host[:port][/path]`, or the same with `http://`",
            pattern=r"^(https?://[^/?#\s]+(/[^?#\s]*)?)?$",
        ),
    ] = ""
    tls_cert: Annotated[
        str, described("certificate chain (PEM) to serve HTTPS with; empty: plain HTTP", form="a file")
    ] = ""
    tls_key: Annotated[str, described("its private key (PEM)", form="a file")] = ""
    tls_authority: Annotated[
        str,
        described(
            "certificate (PEM) of its authority, for devices to fetch at /lan/ca.crt; empty: none", form="a file"
        ),
    ] = ""
    web_dist: Annotated[str, described("folder of the built web pages", form="a folder")] = "web/dist"
    secret: Annotated[
        str,
        described("key that signs tokens; empty: kept in the data folder", form="any text of at least 32 characters"),
    ] = ""
    trust_proxy: Annotated[
        bool, described("take the client's address from X-Forwarded-For (only behind a proxy of yours)")
    ] = False
    allowed_origins: Annotated[
        str,
        described(
            "other origins whose pages may open the socket, comma separated; `*`: any",
            form="`scheme://host[:port]` without a path, `null` or `*`",
            pattern=rf"^\s*(({_ORIGIN})?\s*,\s*)*({_ORIGIN})?\s*$",
        ),
    ] = ""
    map_tiles_url: Annotated[
        str,
        described(
            "tiles below the maps of pages, which may connect to their host; empty: maps are drawn without",
            form="`https://host[:port]/path` with {z}, {x} and {y}",
            pattern=r"^(https?://[^\s;,'/]+/[^\s;,']*)?$",
        ),
    ] = ""
    time_zone: Annotated[
        str,
        described(
            "the shop's time zone, for times that come without an offset, and in which pages ask staff for times",
            form="an IANA name, e.g. `Europe/Paris`",
            pattern=r"^[A-Za-z0-9_+/-]+$",
        ),
    ] = "Asia/Shanghai"

    # --- logs and sign-in ---
    log_format: Annotated[Literal["json", "text"], described("one JSON object a line, or for people")] = "json"
    log_level: Annotated[Literal["DEBUG", "INFO", "WARNING", "ERROR"], described("least level written")] = "INFO"
    token_ttl_s: Annotated[int, described("life of a token", ge=60, le=31_536_000)] = 604_800
    fresh_sign_in_s: Annotated[
        int, described("refunds, exports and giving roles want a sign-in that is no older", ge=60, le=86_400)
    ] = 1_800
    # --- PostgreSQL, Valkey, jobs ---
    db_pool_max: Annotated[
        int, described("connections of one process to PostgreSQL for what somebody waits for", ge=2, le=500)
    ] = 10
    db_pool_per_person_max: Annotated[int, described("of these, for one person or address at a time", ge=1, le=500)] = 4
    db_batch_pool_max: Annotated[
        int,
        described(
            "connections of one process to PostgreSQL for batches: events, claims, answers, chat, clearing up",
            ge=2,
            le=500,
        ),
    ] = 8
    db_timeout_s: Annotated[float, described("longest wait for a connection or a statement", gt=0, le=600)] = 10.0
    redis_timeout_s: Annotated[float, described("longest wait for Valkey", gt=0, le=60)] = 2.0
    redis_retry_s: Annotated[float, described("pause before the bus connects again", gt=0, le=60)] = 0.25
    job_concurrency: Annotated[int, described("jobs at a time", ge=1, le=100)] = 4
    job_poll_s: Annotated[float, described("how late a scheduled job may start", gt=0, le=60)] = 0.5
    job_attempts_max: Annotated[int, described("tries of a job before it is left as failed", ge=1, le=1_000)] = 20
    job_retry_s_max: Annotated[float, described("longest pause between two tries of a job", ge=1, le=86_400)] = 600.0
    jobs_kept_s: Annotated[int, described("how long jobs that have ended are kept", ge=7_200, le=315_360_000)] = (
        1_209_600
    )
    event_batch_max: Annotated[int, described("domain events given to a reaction at once", ge=1, le=10_000)] = 500
    event_poll_s: Annotated[
        float, described("pause between two looks for domain events that no notification told of", gt=0, le=60)
    ] = 2.0
    event_concurrency: Annotated[int, described("batches of domain events at a time", ge=1, le=100)] = 4
    event_reaction_s_max: Annotated[float, described("longest time of a reaction to a batch", gt=0, le=600)] = 30.0
    event_retry_s_max: Annotated[
        float, described("longest pause between two tries of a parked event", ge=1, le=86_400)
    ] = 600.0
    event_parked_max: Annotated[
        int, described("failed events of a subscription that are parked before it stops", ge=1, le=1_000_000)
    ] = 10_000
    event_subscription_kept_s: Annotated[
        int, described("how long events are kept for a subscription that no process runs", ge=86_400, le=315_360_000)
    ] = 1_209_600
    events_kept_s: Annotated[int, described("how long domain events are kept", ge=86_400, le=315_360_000)] = 2_592_000
    idempotency_ttl_s: Annotated[int, described("how long an Idempotency-Key is remembered", ge=60, le=31_536_000)] = (
        86_400
    )

    # --- HTTP ---
    http_body_bytes_max: Annotated[int, described("largest JSON body", ge=1_024, le=100_000_000)] = 262_144
    http_body_s: Annotated[float, described("time for a client to send the body of a request", gt=0, le=600)] = 20.0
    http_bodies_per_address_max: Annotated[
        int, described("unfinished request bodies of one address at a time, in one process", ge=1, le=100_000)
    ] = 64
    http_keepalive_s: Annotated[float, described("how long an idle HTTP connection is kept open", gt=0, le=7_200)] = (
        75.0
    )
    http_two_phases_s_max: Annotated[
        float,
        described(
            "longest time a call that asks somebody outside (a payment provider), or cuts a clip, may take",
            gt=0,
            le=600,
        ),
    ] = 30.0
    http_requests_per_s_max: Annotated[
        float, described("API calls a second from one address or person", gt=0, le=1_000_000)
    ] = 50.0
    http_requests_burst_max: Annotated[int, described("API calls at once from one address or person", ge=1)] = 200
    http_files_per_s_max: Annotated[
        float,
        described(
            "public files a second to one address: what is fetched in bulk, or by many at once (tiles of the log, codes)",
            gt=0,
            le=1_000_000,
        ),
    ] = 1_000.0
    http_files_burst_max: Annotated[int, described("public files at once to one address", ge=1)] = 10_000
    limiter_keys_max: Annotated[int, described("people or addresses a rate limiter remembers", ge=100)] = 100_000
    shutdown_grace_s: Annotated[float, described("longest time a stop may take", gt=0, le=600)] = 10.0
    lists_max: Annotated[int, described("rows in one answer of a list endpoint", ge=1, le=10_000)] = 500


_OWN_NAMES = {"database_url": "DATABASE_URL", "redis_url": "REDIS_URL"}
_OF_THE_COMMAND_LINE = frozenset({"LIVEHUB_PORT", "LIVEHUB_DATA"})
SECRET_CHARS_MIN = 32
PORT_FORM = "a number from 1 to 65535"
NUMBER_MAX = 2**53 - 1  # of a setting without a bound of its own

S = TypeVar("S", bound=Config)


class ConfigError(Exception):
    """The environment holds something that can't be used; each of `faults` names a variable and what is wrong with it."""

    def __init__(self, *faults: str) -> None:
        super().__init__("; ".join(faults))
        self.faults = faults


class Settings:
    """All sections, read together. A section that nobody declared is made of defaults and what its neighbours were given."""

    def __init__(self, sections: Iterable[Config] = ()) -> None:
        self._sections: dict[type[Config], Config] = {type(section): section for section in sections}
        self._sections.setdefault(Config, Config())

    @property
    def core(self) -> Config:
        """What every process reads."""
        return self._sections[Config]

    def of(self, section: type[S]) -> S:
        """The section of one package. Raises KeyError when no module of this installation declared it."""
        found = self._sections[section]
        assert isinstance(found, section)
        return found

    def value(self, field: str) -> Any:
        """One setting, of whichever section. Raises KeyError when no module of this installation declared it."""
        for section in self._sections.values():
            if field in section.__struct_fields__:
                return getattr(section, field)
        raise KeyError(field)

    def replace(self, **values: Any) -> "Settings":
        """The same with other values (field=value), in every section that has the field."""
        return Settings(
            msgspec.structs.replace(
                section, **{name: value for name, value in values.items() if name in section.__struct_fields__}
            )
            for section in self._sections.values()
        )


def variable(field: str) -> str:
    """The environment variable of a field."""
    return _OWN_NAMES.get(field, f"LIVEHUB_{field.upper()}")


def own_fields(section: type[Config]) -> list[msgspec.structs.FieldInfo]:
    """The fields that `section` declares itself, in their order."""
    inherited = {name for base in section.__bases__ if issubclass(base, Config) for name in base.__struct_fields__}
    return [field for field in msgspec.structs.fields(section) if field.name not in inherited]


def load(environ: Mapping[str, str], sections: Iterable[type[Config]] = (), **overrides: Any) -> Settings:
    """All settings out of `environ`; `overrides` (field=value) win. Raises ConfigError naming every fault."""
    declared: list[type[Config]] = [Config, *dict.fromkeys(section for section in sections if section is not Config)]
    fields = {field.name: field for section in declared for field in own_fields(section)}
    values: dict[str, Any] = {}
    faults: list[str] = []
    for name, field in fields.items():
        text = environ.get(variable(name), "")
        if not text:
            continue
        try:
            values[name] = _read(field, text)
        except (msgspec.ValidationError, _NoSuchZoneError):
            faults.append(f"{variable(name)}: must be {_needed(field)}")
    values.update(overrides)
    known = {variable(name) for name in fields} | _OF_THE_COMMAND_LINE
    faults += [
        f"{name}: there is no such setting"
        for name in sorted(environ)
        if name.startswith("LIVEHUB_") and name not in known
    ]
    if not is_port(environ.get("LIVEHUB_PORT") or "1"):
        faults.append(f"LIVEHUB_PORT: must be {PORT_FORM}")
    if values.get("secret") and len(values["secret"]) < SECRET_CHARS_MIN:
        faults.append(f"LIVEHUB_SECRET: at least {SECRET_CHARS_MIN} characters are needed")
    settings = Settings(
        section(**{name: value for name, value in values.items() if name in section.__struct_fields__})
        for section in declared
    )
    faults += [fault for section in declared for fault in _out_of_order(settings.of(section))]
    faults += [fault for section in declared for fault in settings.of(section).faults()]
    if faults:
        raise ConfigError(*faults)
    return settings


def is_port(text: str) -> bool:
    """Whether a server can be told to listen on it."""
    return text.isascii() and text.isdigit() and 0 < int(text) < 65_536


def _read(field: msgspec.structs.FieldInfo, text: str) -> Any:
    if get_args(field.type)[0] is bool:
        text = {"yes": "true", "on": "true", "no": "false", "off": "false"}.get(text.lower(), text.lower())
    value = msgspec.convert(text, field.type, strict=False)
    if isinstance(value, int) and abs(value) > NUMBER_MAX:
        raise msgspec.ValidationError(f"Expected `int` <= {NUMBER_MAX}")
    if field.name == "time_zone":
        _check_zone(value)
    return value


class _NoSuchZoneError(Exception):
    pass


def _check_zone(name: str) -> None:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise _NoSuchZoneError from error


def may_be(field: msgspec.structs.FieldInfo) -> str:
    """What can be written for a setting, in words."""
    kind, meta = get_args(field.type)
    if kind is bool:
        return "`true` or `false`"
    if get_origin(kind) is Literal:
        return ", ".join(f"`{option}`" for option in get_args(kind))
    bounds = [
        (f"at least {meta.ge}", meta.ge),
        (f"more than {meta.gt}", meta.gt),
        (f"at most {meta.le}", meta.le),
    ]
    return ", ".join(words for words, bound in bounds if bound is not None) or str(meta.extra["form"])


def _needed(field: msgspec.structs.FieldInfo) -> str:
    """The same for somebody who wrote something else. Never says what that was, which may be a secret."""
    kind, meta = get_args(field.type)
    if kind is int and meta.le is None:
        return f"a whole number, {may_be(field)}, at most {NUMBER_MAX}"
    words = {int: "a whole number, ", float: "a number, "}.get(kind, "one of " if get_origin(kind) is Literal else "")
    return (words + may_be(field)).replace("`", "")


def _out_of_order(section: Config) -> list[str]:
    pairs = ((low, high, getattr(section, low), getattr(section, high)) for low, high in section.in_order)
    return [
        f"{variable(low)}: {low_value} is more than {variable(high)}, which is {high_value}"
        for low, high, low_value, high_value in pairs
        if low_value > high_value
    ]
