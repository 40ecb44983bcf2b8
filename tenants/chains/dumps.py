"""Running PostgreSQL's own pg_dump on our database, as the owner."""

import subprocess
from pathlib import Path
from typing import Final

from django.db import connections
from psycopg.conninfo import make_conninfo

from kernel.localservers.postgres import binaries
from tenants.chains.versions import OWNER

_ADDRESS: Final = ("host", "port", "dbname", "user", "sslmode", "sslrootcert", "sslcert", "sslkey", "options")


def pg_dump(*arguments: str) -> bytes:
    """What pg_dump writes.

    Raises:
        subprocess.CalledProcessError: it failed; its ``stderr`` says why.
    """
    return run("pg_dump", *arguments, f"--dbname={conninfo()}", "--no-password")


def run(program: str, *arguments: str | Path) -> bytes:
    """Run one of PostgreSQL's programs; what it writes. Raises subprocess.CalledProcessError."""
    password = str(connections[OWNER].get_connection_params().get("password") or "")
    done = subprocess.run(
        [binaries() / program, *arguments],
        capture_output=True,
        # The password is not for the process list.
        env={"PGPASSWORD": password, "LC_ALL": "C"},
        check=True,
    )
    return done.stdout


def conninfo() -> str:
    """The owner's address in libpq's words, without the password."""
    given = connections[OWNER].get_connection_params()
    return make_conninfo("", **{key: given[key] for key in _ADDRESS if given.get(key)})
