"""The processes that `kayun run` looks after: web, worker, timer."""

import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psutil

from kernel.localservers.processes import end, log_tail

# Inherited by everything a child starts: by it a later run finds what a killed one left behind.
_MARK: Final = "KAYUN_RUN"
_OURS: Final = ("granian", "celery")
_PATIENCE_S: Final = 10.0

_Command = list[str | Path]


@dataclass(frozen=True, slots=True)
class Child:
    """One process and its log."""

    name: str
    process: subprocess.Popen[bytes]
    log: Path

    def log_tail(self) -> str:
        """The last lines of its log."""
        return log_tail(self.log)


def start_all(root: Path, *, port: int) -> list[Child]:
    """Start web, worker and timer, each in a session of its own, so that ctrl-C reaches only us and we end them."""
    logs = root / ".local" / "run" / "logs"
    logs.mkdir(parents=True, exist_ok=True)
    bin_dir = Path(sys.executable).parent
    celery: _Command = [bin_dir / "celery", "--app", "config.celery"]
    web: _Command = [
        bin_dir / "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port),
        "--workers", "2", "--blocking-threads", "8", "--no-ws",
        "config.wsgi:application",
    ]  # fmt: skip
    worker: _Command = [
        *celery,
        "worker",
        "--pool",
        "prefork",
        "--concurrency",
        "2",
        "--loglevel",
        "INFO",
        "--without-mingle",
    ]
    timer: _Command = [
        *celery, "beat", "--schedule", root / ".local" / "run" / "timer", "--pidfile", "", "--loglevel", "INFO",
    ]  # fmt: skip
    return [
        _start(root, "web", web, log=logs / "web.log", role="web"),
        _start(root, "worker", worker, log=logs / "worker.log", role="worker"),
        _start(root, "timer", timer, log=logs / "timer.log", role="worker"),
    ]


def _start(root: Path, name: str, command: _Command, *, log: Path, role: str) -> Child:
    with log.open("wb") as stream:
        process = subprocess.Popen(
            [str(part) for part in command],
            cwd=root,
            env={**os.environ, _MARK: str(root), "KAYUN_ROLE": role, "DJANGO_SETTINGS_MODULE": "config.settings"},
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    return Child(name, process, log)


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
