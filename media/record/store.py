"""Which folder this is: an id in a file of its own, since several machines may have folders of one name. Blocks."""

import os
import secrets
from pathlib import Path

from livehub.base.ids import short_id

FILE = "store"


def store_id(media_dir: Path) -> str:
    """The folder's id; made when it has none, by whoever comes first. Raises OSError."""
    media_dir.mkdir(parents=True, exist_ok=True)
    path = media_dir / FILE
    if not path.exists():
        mine = media_dir / f"{FILE}.{os.getpid()}"
        mine.write_text(short_id(secrets.token_bytes(5)), encoding="ascii")
        try:
            path.hardlink_to(mine)
        except FileExistsError:
            pass
        finally:
            mine.unlink()
    return path.read_text(encoding="ascii").strip()
