"""`jobs`: the process that runs durable jobs. Started by `--workers`."""

import argparse

from livehub import serving
from livehub.commands.terminal import Environ, configured


def run(options: argparse.Namespace, environ: Environ) -> int:
    """Run jobs until told to stop."""
    serving.run(serving.run_jobs(configured(environ), options.parent, options.sockets))
    return 0
