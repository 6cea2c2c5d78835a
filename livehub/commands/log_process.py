"""`log-process`: a process that writes the transparency log, when it leads. Started by `--workers`."""

import argparse

from livehub.base.module import ProcessRole
from livehub.commands.terminal import Environ, configured, modules_of
from livehub.node import serving


def run(options: argparse.Namespace, environ: Environ) -> int:
    """Write the log when nobody else does, until told to stop."""
    settings, modules = configured(environ), modules_of(options)
    serving.run(serving.run_unseen(ProcessRole.LOG, settings, options.parent, options.sockets, modules=modules))
    return 0
