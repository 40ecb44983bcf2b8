"""The web process ends when it is asked to, whenever that is."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

from config.cli.children import web_options

_SLOW_TO_START = """
import time
time.sleep(2)
def application(environ, start_response):
    start_response("204 No Content", [])
    return []
"""


def test_a_web_process_asked_to_end_while_its_worker_starts_ends(tmp_path: Path) -> None:
    """Granian sets its worker's signals up after the program is loaded: asked before that, it never heard."""
    (tmp_path / "slow.py").write_text(_SLOW_TO_START)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    log = tmp_path / "log"
    granian = str(Path(sys.executable).with_name("granian"))
    with log.open("wb") as output:
        process = subprocess.Popen(
            [granian, *web_options(port=port), "slow:application"],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(tmp_path)},
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    try:
        give_up = time.monotonic() + 30
        while "Spawning worker-1" not in log.read_text():
            assert time.monotonic() < give_up
            time.sleep(0.02)
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=30) is not None
    finally:
        # Nothing of its session may be left, whatever was seen.
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
