"""Running PostgreSQL's own pg_dump on our database, as the owner."""

import re
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Final

from django.db import connections
from psycopg.conninfo import make_conninfo

from kernel.localservers.postgres import binaries
from tenants.chains.versions import OWNER

_ADDRESS: Final = ("host", "port", "dbname", "user", "sslmode", "sslrootcert", "sslcert", "sslkey", "options")

# A dump sets up a session of its own, and since 17.6 fences it with words only psql knows.
_SESSION_LINE: Final = re.compile(r"SET \w|SELECT pg_catalog\.set_config\(|\\(?:un)?restrict\b")


class DumpFailed(Exception):
    """pg_dump gave up; the message is its own."""


@contextmanager
def pg_dump(*arguments: str) -> Iterator[IO[bytes]]:
    """Run pg_dump; what it writes, to be read to the end within the block.

    Raises:
        DumpFailed: at the end of the block; what was read is not to be used.
    """
    given = connections[OWNER].get_connection_params()
    address = make_conninfo("", **{key: given[key] for key in _ADDRESS if given.get(key)})
    with (
        tempfile.TemporaryFile() as said,
        subprocess.Popen(
            [binaries() / "pg_dump", *arguments, f"--dbname={address}", "--no-password"],
            stdout=subprocess.PIPE,
            stderr=said,
            # The password is not for the process list.
            env={"PGPASSWORD": str(given.get("password") or ""), "LC_ALL": "C"},
        ) as process,
    ):
        assert process.stdout is not None  # noqa: S101 - asked for above
        yield process.stdout
        if process.wait() != 0:
            said.seek(0)
            raise DumpFailed(said.read().decode(errors="replace").strip())


def belongs_to_session(line: str) -> bool:
    """Whether the line of a dump is not for us: it sets up pg_dump's own session, or says nothing."""
    return line.isspace() or line.startswith("--") or bool(_SESSION_LINE.match(line))
