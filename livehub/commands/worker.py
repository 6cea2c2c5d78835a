"""`worker`: one hub process among others on the same port. Started by `--workers`."""

import argparse

from livehub.app import Application
from livehub.commands.terminal import Environ, configured, modules_of
from livehub.hub.settings import HubConfig
from livehub.hub.sockets.session_forwarding import SessionForwarding
from livehub.node import serving


def run(options: argparse.Namespace, environ: Environ) -> int:
    """Serve until told to stop."""
    settings = configured(environ)
    if settings.of(HubConfig).socket_send_loop == "later":  # a node of several workers is there for many viewers
        settings = settings.replace(socket_send_loop="start")

    async def ready(_application: Application) -> None:
        return

    forwarding = SessionForwarding(settings.of(HubConfig), options.sockets, options.slot)
    serving.run(
        serving.serve(
            settings,
            options.port,
            forwarding=forwarding,
            ready=ready,
            media=options.media,
            parent=options.parent,
            modules=modules_of(options),
        )
    )
    return 0
