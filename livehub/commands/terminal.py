"""What commands share: the configuration out of the environment, and words for the person at the terminal."""

import argparse
import sys
from collections.abc import Sequence

from livehub.app import DEMO_MODULES, MODULES, settings
from livehub.base import logs
from livehub.base.config import ConfigError, Settings
from livehub.base.module import Module, ModuleError

Environ = dict[str, str]


class StartError(Exception):
    """Something that we start does not come up; the text is one line for the person at the terminal."""


# Faults of the installation, not of the program: each becomes one line and exit status 1. A driver's own errors are
# OSErrors or are turned into one of these by the command that meets them.
FAULTS = (ConfigError, ModuleError, StartError, OSError)


def say(text: str) -> None:
    """One line, at once."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def table(names: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Columns as wide as their longest cell."""
    lines = [names, *rows]
    widths = [max(len(line[column]) for line in lines) for column in range(len(names))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines
    )


def complain(fault: BaseException) -> int:
    """Say what is wrong with the installation, in one line; the exit status of a command that failed."""
    text = (str(fault) or repr(fault)).splitlines()[0]
    sys.stderr.write(f"livehub: {text}\n")
    return 1


def configured(environ: Environ) -> Settings:
    """The settings, with logs going where they say. Raises ConfigError."""
    loaded = settings(environ)
    logs.configure(loaded.core.log_format, loaded.core.log_level)
    return loaded


def modules_of(options: argparse.Namespace) -> Sequence[Module]:
    """What the processes of this node are made of."""
    return DEMO_MODULES if options.dev else MODULES
