"""The processes that `kayun run` looks after: web and worker."""

import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psutil

from config.opening import OPENED_VARIABLE
from kernel.localservers.processes import end, log_tail

# Inherited by everything a child starts: by it a later run finds what a killed one left behind.
_MARK: Final = "KAYUN_RUN"
_OURS: Final = ("granian", "celery")
_PATIENCE_S: Final = 10.0
# A granian worker that is asked to end while it is still starting loses the signal, and its parent waits for it.
_WORKER_PATIENCE_S: Final = 5


@dataclass(frozen=True, slots=True)
class Child:
    """One process and its log."""

    name: str
    process: subprocess.Popen[bytes]
    log: Path
    command: tuple[str, ...] = ()

    def log_tail(self) -> str:
        """The last lines of its log."""
        return log_tail(self.log)


class Children:
    """The running ones. As a context: leaving it ends them all, whatever happened."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._logs = root / ".local" / "run" / "logs"
        self._opened = root / ".local" / "run" / "opened"
        self.running: list[Child] = []

    def __enter__(self) -> "Children":
        self._logs.mkdir(parents=True, exist_ok=True)
        return self

    def __exit__(self, *_: object) -> None:
        end_all(self.running)

    def start_web(self, *, port: int) -> Child:
        """Start the web server, on this machine's own address only. Until ``open_doors`` it asks people to wait."""
        self._opened.unlink(missing_ok=True)
        return self._start("web", ["granian", *web_options(port=port), "config.wsgi:application"])

    def open_doors(self) -> None:
        """Let the web server serve: everything it stands on is there."""
        self._opened.touch()

    def start_worker(self) -> Child:
        """Start the worker, which also keeps the timer: where there is one worker, a process less to start."""
        schedule = self._root / ".local" / "run" / "timer"
        options = ["--pool", "prefork", "--concurrency", "2", "--without-mingle", "--loglevel", "INFO"]
        command = ["celery", "--app", "config.celery", "worker", *options, "--beat", "--schedule", str(schedule)]
        return self._start("worker", command)

    def start_again(self, child: Child) -> Child:
        """Start one anew that has ended, once nothing of it is left to hold its port."""
        end_all([child])
        self.running.remove(child)
        return self._start(child.name, list(child.command), mode="ab")

    def _start(self, role: str, command: list[str], *, mode: str = "wb") -> Child:
        log = self._logs / f"{role}.log"
        program = Path(sys.executable).with_name(command[0])
        with log.open(mode) as stream:
            # A session of its own: ctrl-C reaches only us, and we end the children in order.
            process = subprocess.Popen(
                [str(program), *command[1:]],
                cwd=self._root,
                env={
                    **os.environ,
                    _MARK: str(self._root),
                    "KAYUN_ROLE": role,
                    OPENED_VARIABLE: str(self._opened),
                },
                stdin=subprocess.DEVNULL,
                stdout=stream,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        child = Child(role, process, log, tuple(command))
        self.running.append(child)
        return child


def web_options(*, port: int) -> list[str]:
    """How granian serves on this machine's own address."""
    options = ["--interface", "wsgi", "--no-ws", "--host", "127.0.0.1", "--port", str(port), "--blocking-threads", "8"]
    # A worker of granian's that dies is replaced; without it granian would end with it.
    return [*options, "--workers-kill-timeout", str(_WORKER_PATIENCE_S), "--respawn-failed-workers"]


def end_all(running: list[Child], *, patience_s: float = _PATIENCE_S) -> None:
    """End the children, politely at first, with whatever they started."""
    for child in reversed(running):
        if child.process.poll() is None:
            child.process.send_signal(signal.SIGTERM)
    for child in running:
        try:
            child.process.wait(timeout=patience_s)
        except subprocess.TimeoutExpired:
            pass
        try:
            os.killpg(child.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            continue
        child.process.wait()


def end_leftovers(root: Path) -> None:
    """End what an earlier run left when it was killed. The caller makes sure that no other run is alive."""
    end(_leftovers(root), gently=signal.SIGTERM, patience_s=_PATIENCE_S)


def _leftovers(root: Path) -> list[psutil.Process]:
    found = []
    for process in psutil.process_iter(["pid", "cmdline"]):
        # Not merely marked: a server that one of them had to start belongs to everybody and stays.
        if not any(name in part for part in process.info["cmdline"] or () for name in _OURS):
            continue
        try:
            if process.environ().get(_MARK) == str(root):
                found.append(process)
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
    return found
