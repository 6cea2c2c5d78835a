"""`media`: the process that holds cameras and programs. Started by `--workers`."""

import argparse

from livehub import serving
from livehub.commands.terminal import Environ, configured


def run(options: argparse.Namespace, environ: Environ) -> int:
    """Serve until told to stop."""
    serving.run(serving.run_media(configured(environ), options.parent, options.sockets))
    return 0
