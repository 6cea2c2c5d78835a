"""The transparency log as a module: its writer, in one process of all, and what everybody may read of it."""

from collections.abc import Iterable
from pathlib import Path
from time import time
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from aiohttp import web

from livehub.base.config import ConfigError
from livehub.base.errors import LivehubError
from livehub.base.module import Context, Module, Part, ProcessRole, defined_in
from livehub.base.person_tables import OnErasure, PersonTable
from trace.log import errors
from trace.log.api import LogApi
from trace.log.commitments import Q
from trace.log.leaves import Leaves
from trace.log.reader import LogReader
from trace.log.settings import LogConfig

if TYPE_CHECKING:
    from trace.log.writer import LogWriter


class Log(Part):
    """`leaves`: where entries are in the log; `reader`: None where no log is published here."""

    def __init__(self, context: Context) -> None:
        config = context.config(LogConfig)
        self._writer: LogWriter | None = None
        self.leaves = Leaves(config, context.database)
        self.reader: LogReader | None = None
        self._api: LogApi | None = None
        if config.log_dir and ProcessRole.LOG in context.roles:
            self._writer = _writer(config, context)
        if config.log_dir:
            self.reader = LogReader(Path(config.log_dir), tiles_cached_max=config.log_tiles_cached_max)
        if ProcessRole.SOCKETS in context.roles:
            self._api = LogApi(self.reader)

    def attach(self, app: web.Application) -> None:
        if self._api is not None:
            self._api.attach(app)

    async def start(self) -> None:
        if self._writer is not None:
            self._writer.start()

    async def stop(self) -> None:
        if self._writer is not None:
            await self._writer.stop()

    def away(self) -> Iterable[str]:
        return ["log"] if self._writer is not None and self._writer.trouble else []


def _writer(config: LogConfig, context: Context) -> "LogWriter":
    from trace.log import keys, writer  # noqa: PLC0415  # `cryptography` takes 20 MB, and only who writes the log needs it
    from trace.log.folder import LogFolder  # noqa: PLC0415

    try:
        seed = bytes.fromhex(config.log_key)
        signer = keys.Ed25519Signer(config.log_origin or _named_after(config.public_url), seed)
    except ValueError as error:
        raise ConfigError("LIVEHUB_LOG_KEY has to be 64 hexadecimal digits, and LIVEHUB_LOG_ORIGIN a name") from error
    folder = LogFolder(Path(config.log_dir))
    return writer.LogWriter(config, context.database, folder, signer, now_s=time)


def _named_after(public_url: str) -> str:
    """The log of a server: its address without a scheme, as C2SP tlog-checkpoint wants it."""
    return f"{urlsplit(public_url).netloc or 'localhost'}/log"


LOG = Module(
    name="log",
    build=Log,
    settings=LogConfig,
    errors=defined_in(errors, LivehubError),
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
