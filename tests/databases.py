"""A database for each test process: a copy of one that was migrated once for all of them.

The copied one is named after the contents of all migrations, so it is made again when they change. Each session holds a
slot by a file lock until it ends: sessions started side by side never share a database.
"""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import psycopg
from django.conf import settings
from django.db import connections
from filelock import FileLock, Timeout
from psycopg import sql

from kernel import localservers
from kernel.localservers import Servers

ROOT: Final = Path(__file__).resolve().parents[1]
_SLOTS: Final = 64
_BASE_PREFIX: Final = "kayun_base_"
# Made once with the copied database; a process that needs more makes them as it goes.
_SPARES: Final = 12
# Besides migrations: what a template and its rows are made by.
_MAKERS: Final = {"presets.py", "template.py", "schemas.py"}
_SOURCES: Final = ("platform", "tenants", "billing", "membership", "portal", "api")


@contextmanager
def own_database() -> Iterator[str]:
    """Claim a slot, make its database, and point Django at it; the database's name."""
    servers = localservers.ensure(ROOT, "test")
    folder = localservers.paths(ROOT, "test").base
    slot, lock = _claim_slot(folder)
    name = f"kayun_test_{slot}"
    try:
        with FileLock(folder / "base.lock", timeout=300):
            base = _base_database(servers)
            localservers.drop_database(servers, name)
            localservers.create_database(servers, name, template=base)
        _point_at(name)
        yield name
        for connection in connections.all():
            connection.close()
    finally:
        lock.release()


@contextmanager
def another_database() -> Iterator[str]:
    """A second database for a test that changes what the others stand on; Django is pointed at it within the block."""
    servers = localservers.ensure(ROOT, "test")
    before = connections["default"].settings_dict["NAME"]
    name = f"{before}_other"
    with FileLock(localservers.paths(ROOT, "test").base / "base.lock", timeout=300):
        localservers.drop_database(servers, name)
        localservers.create_database(servers, name, template=_base_database(servers))
    _point_at(name)
    try:
        yield name
    finally:
        _point_at(before)
        localservers.drop_database(servers, name)


def _claim_slot(folder: Path) -> tuple[int, FileLock]:
    (folder / "slots").mkdir(parents=True, exist_ok=True)
    for slot in range(_SLOTS):
        lock = FileLock(folder / "slots" / str(slot), timeout=0)
        try:
            lock.acquire()
        except Timeout:
            continue
        return slot, lock
    raise RuntimeError(f"{_SLOTS} test sessions run already")


def _base_database(servers: Servers) -> str:
    name = _BASE_PREFIX + _fingerprint()
    with psycopg.connect(servers.admin_url or "", autocommit=True) as connection:
        found = connection.execute("SELECT datname FROM pg_database WHERE datname ~ '^kayun_base_'").fetchall()
    for (other,) in found:
        if other != name:
            localservers.drop_database(servers, other)
    if (name,) not in found:
        _migrate_into(servers, name)
    return name


def _migrate_into(servers: Servers, name: str) -> None:
    from tenants.chains import spares
    from tenants.chains.migrating import migrate_everything

    making = "kayun_base_making"
    localservers.drop_database(servers, making)
    localservers.create_database(servers, making)
    _point_at(making)
    migrate_everything()
    spares.refill(up_to=_SPARES)
    for connection in connections.all():
        connection.close()
    # Named only when whole: what was broken off is never copied.
    with psycopg.connect(servers.admin_url or "", autocommit=True) as connection:
        statement = sql.SQL("ALTER DATABASE {} RENAME TO {}")
        connection.execute(statement.format(sql.Identifier(making), sql.Identifier(name)))


def _fingerprint() -> str:
    """Of everything that decides what a migrated database looks like."""
    digest = hashlib.sha256(str(_SPARES).encode())
    for source in _SOURCES:
        for path in sorted((ROOT / source).rglob("*.py")):
            if "migrations" in path.parts or path.name in _MAKERS:
                digest.update(str(path.relative_to(ROOT)).encode() + path.read_bytes())
    return digest.hexdigest()[:16]


def _point_at(name: str) -> None:
    for alias in connections:
        connections[alias].close()
        connections[alias].settings_dict["NAME"] = name
    settings.CACHES["default"]["KEY_PREFIX"] = name
