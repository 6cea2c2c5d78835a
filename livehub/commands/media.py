"""`media`: the process that holds cameras and programs. Started by `--workers`."""

import argparse

from livehub.commands import extras
from livehub.commands.terminal import Environ, configured, modules_of
from livehub.node import serving


def run(options: argparse.Namespace, environ: Environ) -> int:
    """Serve until told to stop."""
    extras.require("media")
    serving.run(serving.run_media(configured(environ), options.parent, options.sockets, modules=modules_of(options)))
    return 0
