"""Starts livehub with a wall clock that can be set: `python -m loadtest.kill.launch FILE ARGUMENTS...`.

FILE has one number, a double of eight bytes: by so many seconds the time of day is off in this process. It is mapped into
memory, so that whoever writes there sets the clock while the process runs. Monotonic clocks stay what they are, as with a
real step.
"""

import mmap
import runpy
import struct
import sys
import time
from pathlib import Path

OFFSET = struct.Struct("d")


def new_offset(path: Path) -> mmap.mmap:
    """The file, with 0 in it, mapped for writing."""
    path.write_bytes(OFFSET.pack(0.0))
    with path.open("r+b") as file:
        return mmap.mmap(file.fileno(), OFFSET.size)


def set_back(path: Path) -> None:
    """From now on `time.time` looks into the file."""
    real_s, real_ns, unpack = time.time, time.time_ns, OFFSET.unpack_from
    with path.open("rb") as file:
        offset = mmap.mmap(file.fileno(), OFFSET.size, prot=mmap.PROT_READ)
    time.time = lambda: real_s() + unpack(offset)[0]
    time.time_ns = lambda: real_ns() + int(unpack(offset)[0] * 1e9)


def main(arguments: list[str]) -> None:
    """Become `python -m livehub`, nothing of which was loaded before the clock was changed."""
    set_back(Path(arguments[0]))
    sys.argv = ["livehub", *arguments[1:]]
    runpy.run_module("livehub", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main(sys.argv[1:])
