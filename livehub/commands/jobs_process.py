"""`jobs-process`: the process that runs durable jobs and reacts to events. Started by `--workers`."""

import argparse

from livehub.commands.terminal import Environ, configured, modules_of
from livehub.node import serving


def run(options: argparse.Namespace, environ: Environ) -> int:
    """Run jobs until told to stop."""
    serving.run(serving.run_jobs(configured(environ), options.parent, options.sockets, modules=modules_of(options)))
    return 0
