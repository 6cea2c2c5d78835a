"""Keys of this server: that of tokens, from LIVEHUB_SECRET, else a file in the data folder that only its owner reads; and that
of a demo's log, in another.
"""

import secrets
from pathlib import Path

from livehub.base.config import Config, ConfigError
from livehub.base.new_file import write_new

FILE = "secret"
LOG_FILE = "log-key"


def secret_of(config: Config, data: Path | None, *, make: bool) -> str:
    """The secret. `make`: write one when there is none yet. Raises ConfigError when there is none."""
    if config.secret:
        return config.secret
    if data is None:
        raise ConfigError("LIVEHUB_SECRET is not set (at least 32 characters), and no data folder was given")
    path = data / FILE
    if make and not path.exists():
        data.mkdir(parents=True, exist_ok=True)
        write_new(path, secrets.token_urlsafe(48))
    try:
        return path.read_text(encoding="ascii").strip()
    except FileNotFoundError:
        raise ConfigError(f"there is no server's secret in {data}: start it once, or set LIVEHUB_SECRET") from None


def log_key_of(data: Path) -> str:
    """The private key of the demo's transparency log, made once: 64 hexadecimal digits. It is not in the log's folder, which
    everybody may read.
    """
    path = data / LOG_FILE
    if not path.exists():
        data.mkdir(parents=True, exist_ok=True)
        write_new(path, secrets.token_hex(32))
    return path.read_text(encoding="ascii").strip()
