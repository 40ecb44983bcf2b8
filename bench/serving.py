"""The web server under measurement, as docs/operations.md has it: one process per core."""

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final
from urllib.error import URLError

ROOT: Final = Path(__file__).resolve().parents[1]
_PATIENCE_S: Final = 60.0


@contextmanager
def serving(
    application: str,
    *,
    settings: str = "config.settings",
    threads: int = 8,
    more_variables: Mapping[str, str] | None = None,
) -> Iterator[int]:
    """Serve a WSGI application on a free port of this machine; the port. Ends with the block.

    Raises:
        RuntimeError: it does not come up.
    """
    port = _free_port()
    log = ROOT / ".local" / "bench" / f"{application.partition(':')[0]}.log"
    options = ["--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port), "--blocking-threads", str(threads)]
    options += ["--workers", str(os.cpu_count() or 1), "--workers-kill-timeout", "5"]
    variables = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": settings,
        "KAYUN_PROFILE": "bench",
        "KAYUN_ROLE": "web",
        # As in production: what is logged for people's eyes costs more.
        "KAYUN_JSON_LOGS": "1",
        "KAYUN_PUBLIC_PORT": str(port),
        **(more_variables or {}),
    }
    with log.open("wb") as output:
        program = Path(sys.executable).with_name("granian")
        server = subprocess.Popen(
            [program, *options, "--no-ws", application], cwd=ROOT, env=variables, stdout=output, stderr=output
        )
        try:
            _wait(port, server, log)
            yield port
        finally:
            server.terminate()
            server.wait(timeout=20)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait(port: int, server: subprocess.Popen[bytes], log: Path) -> None:
    give_up = time.monotonic() + _PATIENCE_S
    while True:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5):
                return
        except (URLError, OSError):
            if server.poll() is not None or time.monotonic() > give_up:
                raise RuntimeError(f"the server did not come up; see {log.relative_to(ROOT)}") from None
            time.sleep(0.1)
