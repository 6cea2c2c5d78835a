"""`worker`: one hub process among others on the same port. Started by `--workers`."""

import argparse

import msgspec

from livehub import serving
from livehub.app import Application
from livehub.commands.terminal import Environ, configured
from livehub.hub.handover import Handover


def run(options: argparse.Namespace, environ: Environ) -> int:
    """Serve until told to stop."""
    config = configured(environ)
    if config.socket_send_loop == "later":  # a node of several workers is there for many viewers
        config = msgspec.structs.replace(config, socket_send_loop="start")

    async def ready(_application: Application) -> None:
        return

    handover = Handover(config, options.sockets, options.slot)
    serving.run(serving.serve(config, options.port, jobs=False, handover=handover, ready=ready, parent=options.parent))
    return 0
