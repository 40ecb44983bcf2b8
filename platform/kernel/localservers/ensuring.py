"""Both local servers as one: ensure, status, stop."""

import hashlib
import inspect
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from filelock import FileLock, Timeout

from kernel.localservers import postgres, preparing, valkey
from kernel.localservers.errors import ServersError
from kernel.localservers.identity import choose
from kernel.localservers.places import DATABASE, PROFILES, Paths, Profile, Servers, addresses, paths

_LOCK_PATIENCE_S: Final = 180.0


@dataclass(frozen=True, slots=True)
class ServerStatus:
    """One server: where it is, and whether it answers."""

    name: str
    address: str
    local: bool
    running: bool | None
    """None where the server is not ours to look after."""


def ensure(root: Path, profile: Profile) -> Servers:
    """Make both servers of `profile` run, with roles and database in place; their addresses.

    Safe to call from any number of processes at once, after a kill -9 and over what it left. A server that the
    environment names (``DATABASE_URL``, ``REDIS_URL``) is left alone. Raises ServersError.
    """
    place = paths(root, profile)
    servers = addresses(root, profile)
    if _all_ready(place):
        return servers
    place.base.mkdir(parents=True, exist_ok=True)
    with _locked(place):
        # Whoever held the lock before us may have done it all.
        if not _all_ready(place):
            _start_missing(place, servers, durable=PROFILES[profile])
    return servers


def stop(root: Path, profile: Profile) -> list[str]:
    """Stop the local servers of `profile`; the names of those that were running."""
    place = paths(root, profile)
    if not place.base.exists():
        return []
    with _locked(place):
        stopped = {"PostgreSQL": postgres.stop(place), "Valkey": valkey.stop(place)}
    return [name for name, was_running in stopped.items() if was_running]


def status(root: Path, profile: Profile) -> list[ServerStatus]:
    """Both servers of `profile`, as they stand; starts nothing."""
    place = paths(root, profile)
    servers = addresses(root, profile)
    return [
        ServerStatus(
            "PostgreSQL", servers.database_url, _local_database(), postgres.ready(place) if _local_database() else None
        ),
        ServerStatus("Valkey", servers.redis_url, _local_redis(), valkey.ready(place) if _local_redis() else None),
    ]


def _local_database() -> bool:
    return not os.environ.get("DATABASE_URL")


def _local_redis() -> bool:
    return not os.environ.get("REDIS_URL")


def _all_ready(place: Paths) -> bool:
    database = not _local_database() or (_prepared(place) and postgres.ready(place))
    return database and (not _local_redis() or valkey.ready(place))


def _start_missing(place: Paths, servers: Servers, *, durable: bool) -> None:
    identity = choose(home=place.home, probe=postgres.binaries() / "postgres" if _local_database() else valkey.binary())
    identity.own(place.home)
    identity.own(place.sockets)
    if _local_redis() and not valkey.ready(place):
        valkey.start(place, durable=durable, identity=identity)
    if not _local_database():
        return
    if not postgres.ready(place):
        postgres.start(place, durable=durable, identity=identity)
    if not _prepared(place) and servers.admin_url:
        admin_url = servers.for_database("postgres").admin_url or servers.admin_url
        preparing.prepare_database(admin_url, name=DATABASE, owner_creates_databases=True)
        place.prepared.write_text(_preparation())


def _prepared(place: Paths) -> bool:
    try:
        return place.prepared.read_text() == _preparation()
    except OSError:
        return False


def _preparation() -> str:
    """Names the preparation as this version of the code does it: when it changes, it is done again."""
    return hashlib.sha256(inspect.getsource(preparing).encode()).hexdigest()


def _locked(place: Paths) -> FileLock:
    lock = FileLock(place.lock, timeout=_LOCK_PATIENCE_S)
    try:
        lock.acquire()
    except Timeout as error:
        raise ServersError(
            f"Another process has been starting or stopping the local servers for {_LOCK_PATIENCE_S:.0f} s "
            f"and holds {place.lock}. Find it with `kayun status`, or end it and try again."
        ) from error
    except PermissionError as error:
        raise ServersError(f"{place.base} was made by another user (root?): run this as that user.") from error
    return lock
