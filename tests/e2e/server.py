"""The server that the browser looks at, in a process of its own: what `python -m livehub demo` serves on servers given to it.

`python -m tests.e2e.server PORT PARENT` ends with the process PARENT, whatever way that ends.
"""

import os
import sys

from livehub import demo, serving
from livehub.app import Application
from livehub.base import config as configuration
from livehub.base import logs

UP = "up"


async def _ready(application: Application) -> None:
    await demo.load(application)
    sys.stdout.write(UP + "\n")
    sys.stdout.flush()


def main() -> None:
    """Serve until told to stop."""
    port, parent = map(int, sys.argv[1:])
    config = configuration.load(os.environ)
    logs.configure(config.log_format, config.log_level)
    serving.run(serving.serve(config, port, jobs=True, handover=None, ready=_ready, parent=parent))


if __name__ == "__main__":
    main()
