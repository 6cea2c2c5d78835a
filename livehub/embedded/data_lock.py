"""One owner per data folder: the lock that says so, and the end of servers whose owner has gone.

Whoever holds the lock may end what still runs on the folder: if that had an owner, the owner would hold the lock.
"""

import contextlib
import fcntl
import signal
from pathlib import Path
from typing import IO

import psutil

from livehub.embedded.child import ServerError

STOP_TIMEOUT_S = 20.0  # what an orderly stop may take before the server is killed


def acquire(lock: Path) -> IO[bytes]:
    """Takes the lock until the returned file is closed, or this process ends in whatever way."""
    file = lock.open("ab")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        raise ServerError(f"another livehub is using {lock.parent}; stop it, or take another data folder") from None
    return file


def stop_orphan(pid_file: Path, *, argument: Path, stop_signal: signal.Signals) -> None:
    """Stops the server whose process id `pid_file` starts with, if it runs and has `argument` in its command line.

    That process id may by now be some other program's, which must not be touched, and which the server that we are
    about to start must not take for a second server; so the file is removed.
    """
    process = _process_of(pid_file, argument)
    if process is not None:
        with contextlib.suppress(psutil.NoSuchProcess):  # it may be ending by itself, at any moment
            process.send_signal(stop_signal)
            try:
                process.wait(STOP_TIMEOUT_S)
            except psutil.TimeoutExpired:
                process.kill()
                process.wait(STOP_TIMEOUT_S)
    pid_file.unlink(missing_ok=True)


def _process_of(pid_file: Path, argument: Path) -> psutil.Process | None:
    try:
        process = psutil.Process(int(pid_file.read_text().split()[0]))
        return process if str(argument) in process.cmdline() else None
    except (FileNotFoundError, ValueError, IndexError, psutil.Error):
        return None
