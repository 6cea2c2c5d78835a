"""A small file that is written once, by whoever comes first."""

import os
from pathlib import Path


def write_new(path: Path, text: str) -> None:
    """Write `path`, for this user alone, unless it is there. Other processes may do the same at the same time: who links first
    wins, and nobody ever reads half a file. Raises OSError.
    """
    mine = path.with_name(f"{path.name}.{os.getpid()}")
    mine.touch(mode=0o600)
    mine.write_text(text, encoding="ascii")
    try:
        path.hardlink_to(mine)
    except FileExistsError:
        pass
    finally:
        mine.unlink()
