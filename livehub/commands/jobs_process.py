"""`jobs-process`: the process that runs durable jobs and reacts to events. Started by `--workers`."""

import argparse

from livehub.base.module import ProcessRole
from livehub.commands.terminal import Environ, configured, modules_of
from livehub.node import serving


def run(options: argparse.Namespace, environ: Environ) -> int:
    """Run jobs until told to stop."""
    settings, modules = configured(environ), modules_of(options)
    serving.run(serving.run_unseen(ProcessRole.JOBS, settings, options.parent, options.sockets, modules=modules))
    return 0
