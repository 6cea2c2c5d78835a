"""Runs one server on behalf of another process, and never lets it outlive that process.

    python watchdog.py STOP_SIGNAL USER_ID GROUP_ID NEED_SEARCH COMMAND...

The owner holds the other end of our standard input. When that closes, because the owner asks for a stop or because it
was killed, the server gets STOP_SIGNAL, and SIGKILL if it does not obey. (Linux's parent-death signal alone would not
do: it is sent when the *thread* that started the child ends, and there is no second try. It is set one floor down, for
the case that this process itself is killed.) The first line on standard output is the server's process id.

PostgreSQL refuses to run as root. Started by root, it runs as USER_ID; if its files lie where that user may not look (a
checkout under /root, a private temporary folder), NEED_SEARCH=1 lets it keep the one capability to look there, so that
nobody has to open those folders to everyone. This is a script of its own: it imports nothing of livehub.
"""

import ctypes
import os
import select
import signal
import struct
import sys

STOP_TIMEOUT_S = 20.0  # a checkpoint on a slow disk; after that SIGKILL, from which both servers recover

# linux/prctl.h, linux/securebits.h and linux/capability.h
PR_SET_PDEATHSIG = 1
PR_SET_SECUREBITS = 28
SECBIT_NO_SETUID_FIXUP = 1 << 2
PR_CAP_AMBIENT = 47
PR_CAP_AMBIENT_RAISE = 2
CAPABILITY_VERSION_3 = 0x20080522
CAP_DAC_OVERRIDE = 1
CAP_DAC_READ_SEARCH = 2

EXIT_CANNOT_START = 127


def main(stop_signal: int, user_id: int, group_id: int, need_search: bool, command: list[str]) -> int:
    """Returns what the server returned, or 128 + the signal that ended it."""
    wake_read, wake_write = os.pipe()
    os.set_blocking(wake_write, False)
    signal.signal(signal.SIGCHLD, lambda *_: None)  # without a handler it would not wake us up
    signal.set_wakeup_fd(wake_write, warn_on_full_buffer=False)
    for ignored in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):  # the owner decides, through our standard input
        signal.signal(ignored, signal.SIG_IGN)

    child = os.fork()
    if child == 0:
        become_server(stop_signal, user_id, group_id, need_search, command)
    os.write(1, f"{child}\n".encode())

    stopping = False
    while True:
        watched = [wake_read] if stopping else [wake_read, 0]
        ready, _, _ = select.select(watched, [], [], STOP_TIMEOUT_S if stopping else None)
        if wake_read in ready:
            os.read(wake_read, 4096)
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            code = os.waitstatus_to_exitcode(status)
            return code if code >= 0 else 128 - code
        if not ready:
            os.kill(child, signal.SIGKILL)
        elif 0 in ready:
            stopping = True
            os.kill(child, stop_signal)


def become_server(stop_signal: int, user_id: int, group_id: int, need_search: bool, command: list[str]) -> None:
    """In the forked child: gives up root if told so, and turns into the server. Never returns."""
    try:
        for handled in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGCHLD):
            signal.signal(handled, signal.SIG_DFL)
        nothing = os.open(os.devnull, os.O_RDWR)
        os.dup2(nothing, 0)
        os.dup2(2, 1)
        if os.geteuid() != user_id:
            drop_root(user_id, group_id, keep_capabilities=need_search)
        if sys.platform == "linux":  # after the change of user, which clears it
            prctl(PR_SET_PDEATHSIG, stop_signal)
        if need_search:
            execute_with_search(command)
        os.execv(command[0], command)  # noqa: S606 - a list, no shell
    except Exception as error:  # noqa: BLE001 - whatever it is, the log is the only place left to say it
        advice = "; run livehub as another user than root, or where all users may look" if need_search else ""
        os.write(2, f"cannot start {command[0]} as user id {user_id}: {error}{advice}\n".encode())
    finally:
        os._exit(EXIT_CANNOT_START)


def drop_root(user_id: int, group_id: int, *, keep_capabilities: bool) -> None:
    if keep_capabilities:
        # Neither setuid nor access(2), with which initdb looks for the server, then ignore capabilities.
        prctl(PR_SET_SECUREBITS, SECBIT_NO_SETUID_FIXUP)
    os.setgroups([])
    os.setresgid(group_id, group_id, group_id)
    os.setresuid(user_id, user_id, user_id)


def execute_with_search(command: list[str]) -> None:
    """Executes `command` with the least of root's capabilities that lets it reach its files.

    The first is leave to search and read. It does not cover executing, which takes the second where the checkout was
    made under a strict umask; and containers often have only the second.
    """
    for capability in (CAP_DAC_READ_SEARCH, CAP_DAC_OVERRIDE):
        if permitted_capabilities() >> capability & 1:
            keep_across_exec(capability)
            try:
                os.execv(command[0], command)  # noqa: S606 - a list, no shell
            except PermissionError:
                continue


def permitted_capabilities() -> int:
    # As bytes: Python would import a codec, and by now we may be a user who cannot read Python's own files.
    with open("/proc/self/status", "rb") as status:  # noqa: PTH123 - importing pathlib doubles our start
        return next(int(line.split()[1], 16) for line in status if line.startswith(b"CapPrm"))


def keep_across_exec(capability: int) -> None:
    """Makes `capability` effective, and "ambient": the one kind that a program without privileges gets at exec."""
    mask = 1 << capability
    both = permitted_capabilities() & (1 << CAP_DAC_READ_SEARCH | 1 << CAP_DAC_OVERRIDE)
    header = struct.pack("=Ii", CAPABILITY_VERSION_3, 0)
    wanted = struct.pack("=6I", mask, both, mask, 0, 0, 0)  # effective, permitted, inheritable; then the high words
    check(ctypes.CDLL(None, use_errno=True).capset(header, wanted))
    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability)


def prctl(option: int, *arguments: int) -> None:
    padded = [ctypes.c_ulong(value) for value in (*arguments, 0, 0, 0, 0)[:4]]
    check(ctypes.CDLL(None, use_errno=True).prctl(option, *padded))


def check(result: int) -> None:
    if result != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), sys.argv[4] == "1", sys.argv[5:]))
