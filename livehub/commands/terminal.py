"""What commands share: the configuration out of the environment, and words for the person at the terminal."""

import sys

from livehub.base import config as configuration
from livehub.base import logs
from livehub.base.config import Config, ConfigError
from livehub.servers.child import ServerError

Environ = dict[str, str]

# Faults of the installation, not of the program: each becomes one line and exit status 1. A driver's own errors are
# OSErrors or are turned into one of these by the command that meets them.
FAULTS = (ConfigError, ServerError, OSError)


def say(text: str) -> None:
    """One line, at once."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def complain(fault: BaseException) -> int:
    """Say what is wrong with the installation, in one line; the exit status of a command that failed."""
    text = (str(fault) or repr(fault)).splitlines()[0]
    sys.stderr.write(f"livehub: {text}\n")
    return 1


def configured(environ: Environ) -> Config:
    """The configuration, with logs going where it says. Raises ConfigError."""
    config = configuration.load(environ)
    logs.configure(config.log_format, config.log_level)
    return config
