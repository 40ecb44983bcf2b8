"""Finding and stopping server processes by the folder they work in.

A pid file can outlive its process, and its number can then belong to anybody. Both servers keep their data folder as
working directory, so a process of that name working there is ours, whatever a file says.
"""

import signal
import time
from collections.abc import Sequence
from pathlib import Path

import psutil

from kernel.localservers.errors import ServersError


def working_in(directory: Path, *, name: str) -> list[psutil.Process]:
    """Live processes called `name` whose working directory is `directory`, the oldest first."""
    wanted = str(directory)
    found = []
    for process in psutil.process_iter(["name", "status"]):
        if process.info["name"] != name or process.info["status"] == psutil.STATUS_ZOMBIE:
            continue
        try:
            if process.cwd() == wanted:
                found.append(process)
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
    return sorted(found, key=lambda process: (process.create_time(), process.pid))


def end(processes: Sequence[psutil.Process], *, gently: signal.Signals, patience_s: float) -> None:
    """Signal `processes` with `gently`; kill those that have not gone after `patience_s`.

    Raises ServersError when they belong to another user.
    """
    alive = _outlast(_signal(processes, gently), patience_s)
    alive = _outlast(_signal(alive, signal.SIGKILL), patience_s)
    if alive:
        raise ServersError(f"Process {alive[0].pid} does not end, not even by SIGKILL.")


def _outlast(processes: Sequence[psutil.Process], patience_s: float) -> list[psutil.Process]:
    deadline, alive = Deadline(patience_s), list(processes)
    while alive := [process for process in alive if _lives(process)]:
        if deadline.passed:
            break
        deadline.pause()
    return alive


def _lives(process: psutil.Process) -> bool:
    # A dead process stays listed until its parent, often the machine's first process, takes note: that can be seconds.
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _signal(processes: Sequence[psutil.Process], number: signal.Signals) -> list[psutil.Process]:
    signalled = []
    for process in processes:
        try:
            process.send_signal(number)
        except psutil.NoSuchProcess:
            continue
        except psutil.AccessDenied as error:
            raise ServersError(
                f"Process {process.pid} ({process.name()}) belongs to another user: stop it as that user."
            ) from error
        signalled.append(process)
    return signalled


def log_tail(log: Path, *, lines: int = 12) -> str:
    """The last lines of a server's log, indented, for an error message."""
    try:
        text = log.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        return f"    (no log: {error})"
    return "\n".join(f"    {line}" for line in text.splitlines()[-lines:])


class Deadline:
    """A bounded wait in small steps."""

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    @property
    def passed(self) -> bool:
        """Whether the time is up."""
        return time.monotonic() >= self._end

    def pause(self, seconds: float = 0.01) -> None:
        """Sleep one step."""
        time.sleep(seconds)
