"""The server that the browser looks at, in a process of its own: what `python -m livehub demo` serves on servers given to it.

Its show has no camera: tests that want a picture make one in a room of their own.

`python -m tests.e2e.server PORT PARENT` ends with the process PARENT, whatever way that ends. With E2E_MAILBOX one signs in by
phone, and the codes are in the mailbox of `demo`.
"""

import os
import sys

from livehub.app import MODULES, Application, settings
from livehub.base import logs
from livehub.commands import demo_farm
from livehub.dev.module import MAILBOX
from livehub.node import serving

UP = "up"


async def _ready(application: Application) -> None:
    await demo_farm.load(application, has_camera=False)
    sys.stdout.write(UP + "\n")
    sys.stdout.flush()


def main() -> None:
    """Serve until told to stop."""
    port, parent = map(int, sys.argv[1:])
    loaded = settings(os.environ)
    logs.configure(loaded.core.log_format, loaded.core.log_level)
    modules = (MAILBOX, *MODULES) if os.environ.get("E2E_MAILBOX") else MODULES
    serving.run(serving.serve(loaded, port, modules=modules, forwarding=None, ready=_ready, parent=parent))


if __name__ == "__main__":
    main()
