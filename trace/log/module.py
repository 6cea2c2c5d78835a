"""The transparency log as a module: its writer, in one process of all, and what everybody may read of it."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from time import time
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from aiohttp import web
from msgspec import Struct

from livehub.base.config import ConfigError
from livehub.base.endpoints import Endpoint
from livehub.base.errors import LivehubError
from livehub.base.module import Context, Module, Part, ProcessRole, defined_in
from livehub.base.person_tables import OnErasure, PersonTable
from livehub.base.raw_calls import RawCall
from livehub.people.public_log import PublicLog
from trace.log import errors, schemas
from trace.log.api import LogApi
from trace.log.commitments import Q
from trace.log.folder import LogFolder
from trace.log.leaves import Leaves
from trace.log.reader import LogReader
from trace.log.said import SaidByOthers
from trace.log.settings import LogConfig

if TYPE_CHECKING:
    from trace.log.witness import Witness
    from trace.log.writer import LogWriter


class Log(Part):
    """`leaves`: where entries are in the log; `reader`: None where no log is published here."""

    def __init__(self, context: Context) -> None:
        config = context.config(LogConfig)
        self._writer: LogWriter | None = None
        self._witness: Witness | None = None
        self.leaves = Leaves(config, context.database)
        context.provide(PublicLog, SaidByOthers())
        self.reader: LogReader | None = None
        self._api: LogApi | None = None
        if config.log_dir and ProcessRole.LOG in context.roles:
            self._writer = _writer(config, context)
        if config.log_dir:
            self.reader = LogReader(Path(config.log_dir), tiles_cached_max=config.log_tiles_cached_max)
        if ProcessRole.SOCKETS in context.roles:
            self._api = LogApi(context.database, self.reader)
            if config.log_witness_key:
                self._witness = _witness(config, context)

    def endpoints(self) -> Sequence[Endpoint]:
        return self._api.endpoints() if self._api is not None else ()

    def raw_calls(self) -> Sequence[RawCall]:
        witness = [] if self._witness is None else [self._witness.raw_call]
        return [*(LogApi.raw_calls() if self._api is not None else ()), *witness]

    def attach(self, app: web.Application) -> None:
        if self._api is not None:
            self._api.attach(app)
        if self._witness is not None:
            app.router.add_post(self._witness.path, self._witness.add_checkpoint)

    async def start(self) -> None:
        if self._writer is not None:
            self._writer.start()

    async def stop(self) -> None:
        if self._writer is not None:
            await self._writer.stop()

    def away(self) -> Iterable[str]:
        return ["log"] if self._writer is not None and self._writer.trouble else []


def _writer(config: LogConfig, context: Context) -> "LogWriter":
    # `cryptography` takes 20 MB, and only who writes the log needs it.
    from trace.log import cosignatures, cosigning, keys, writer  # noqa: PLC0415

    path, name = Path(config.log_dir), config.log_origin or _named_after(config.public_url)
    try:
        signer = keys.Ed25519Signer(name, bytes.fromhex(config.log_key))
        own = None
        if config.log_mldsa44_key:
            seed = bytes.fromhex(config.log_mldsa44_key)
            own = cosignatures.CosigningKey(name, cosignatures.COSIGNATURE_MLDSA44, seed)
        witnesses = cosigning.witnesses_of(config.log_witnesses)
    except ValueError as error:
        raise ConfigError(f"the log's keys, its name or its witnesses cannot be: {error}") from error
    reader = LogReader(path, tiles_cached_max=config.log_tiles_cached_max)
    asked = cosigning.Cosigning(witnesses, reader, least=config.log_witnesses_min, within_s=config.log_witness_s_max)
    return writer.LogWriter(
        config,
        context.database,
        LogFolder(path),
        signer,
        now_s=time,
        own_cosigner=own,
        cosigning=asked if witnesses else None,
    )


def _witness(config: LogConfig, context: Context) -> "Witness":
    from trace.log import cosignatures, keys, witness  # noqa: PLC0415  # as above: only a witness needs it

    kinds = {"ed25519": cosignatures.COSIGNATURE_ED25519, "mldsa44": cosignatures.COSIGNATURE_MLDSA44}
    logs: dict[str, list[keys.Ed25519Verifier]] = {}
    try:
        seed = bytes.fromhex(config.log_witness_key)
        key = cosignatures.CosigningKey(config.log_witness_name, kinds[config.log_witness_kind], seed)
        for vkey in filter(None, (part.strip() for part in config.log_witnessed.split(","))):
            verifier = keys.ed25519_key(vkey)
            logs.setdefault(verifier.name, []).append(verifier)
    except ValueError as error:
        raise ConfigError(f"the witness's key, its name or the logs it is to cosign cannot be: {error}") from error
    return witness.Witness(context.settings.core, context.database, key, logs, now_s=time)


def _named_after(public_url: str) -> str:
    """The log of a server: its address without a scheme, as C2SP tlog-checkpoint wants it."""
    return f"{urlsplit(public_url).netloc or 'localhost'}/log"


LOG = Module(
    name="log",
    build=Log,
    settings=LogConfig,
    errors=defined_in(errors, LivehubError),
    schemas=defined_in(schemas, Struct),
    migrations=Path(__file__).parent / "migrations",
    person_tables=(
        PersonTable(
            table="log_salts",
            columns=("person",),
            theirs=("person",),
            on_erasure=OnErasure.DELETE,
            merge=Q["move_salts"],
            unmerge=Q["move_salts_back"],
            export=Q["salts_of"],
            erase=Q["erase_salts"],
        ),
    ),
)
