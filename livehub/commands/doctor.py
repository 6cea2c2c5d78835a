"""`doctor`: what is wrong with this installation."""

import argparse

from livehub import doctor
from livehub.base import config as configuration
from livehub.commands.terminal import Environ, say


def run(_options: argparse.Namespace, environ: Environ) -> int:
    """Tell every finding; fails when one is bad."""
    return 0 if doctor.examine(configuration.load(environ), say) else 1
