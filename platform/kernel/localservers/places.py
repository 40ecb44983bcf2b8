"""Where the local servers keep their files, and the addresses they are reached at."""

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, Literal
from urllib.parse import quote, urlsplit, urlunsplit

Profile = Literal["run", "test", "bench"]

PROFILES: Final[Mapping[str, bool]] = {"run": True, "test": False, "bench": True}
"""Each profile and whether its servers are durable: a test's data need not survive a power cut."""

DATABASE: Final = "kayun"
OWNER_ROLE: Final = "kayun_owner"
APP_ROLE: Final = "kayun_app"
ADMIN_ROLE: Final = "postgres"

PG_PORT: Final = 5432
# sun_path holds 108 bytes on Linux and 104 elsewhere, the closing NUL among them.
_SOCKET_PATH_MAX_BYTES: Final = 100
# Not tempfile.gettempdir(): TMPDIR may differ between the processes that share a server.
_SHORT_BASE: Final = Path("/tmp")  # noqa: S108 - the folder is verified to be ours before use


@dataclass(frozen=True, slots=True)
class Paths:
    """The files of one profile. `home` belongs to the servers' uid, all else to the caller's."""

    base: Path
    lock: Path
    prepared: Path
    home: Path
    data: Path
    sockets: Path
    postgres_log: Path
    valkey: Path
    valkey_log: Path

    @property
    def postgres_socket(self) -> Path:
        """The socket PostgreSQL listens on."""
        return self.sockets / f".s.PGSQL.{PG_PORT}"

    @property
    def valkey_socket(self) -> Path:
        """The socket Valkey listens on."""
        return self.sockets / "valkey.sock"


@dataclass(frozen=True, slots=True)
class Servers:
    """Addresses of the database and of the cache/broker."""

    database_url: str
    owner_url: str
    admin_url: str | None
    redis_url: str

    @property
    def broker_url(self) -> str:
        """`redis_url` as Celery spells it: kombu names unix sockets by another scheme than redis-py."""
        return self.redis_url.replace("unix://", "redis+socket://", 1)

    def for_database(self, name: str) -> "Servers":
        """The same servers, with another database."""
        return replace(
            self,
            database_url=with_database(self.database_url, name),
            owner_url=with_database(self.owner_url, name),
            admin_url=with_database(self.admin_url, name) if self.admin_url else None,
        )


def with_database(url: str, name: str) -> str:
    """`url` with its database replaced by `name`."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(path=f"/{quote(name, safe='')}"))


def paths(root: Path, profile: Profile) -> Paths:
    """The files of `profile` in the project at `root`; touches nothing."""
    base = root.resolve() / ".local" / profile
    home = base / "servers"
    return Paths(
        base=base,
        lock=base / "lock",
        prepared=base / "prepared",
        home=home,
        data=home / "data",
        sockets=_socket_directory(home),
        postgres_log=home / "postgres.log",
        valkey=home / "valkey",
        valkey_log=home / "valkey.log",
    )


def _socket_directory(home: Path) -> Path:
    directory = home / "sockets"
    if len(os.fsencode(directory / f".s.PGSQL.{PG_PORT}.lock")) <= _SOCKET_PATH_MAX_BYTES:
        return directory
    existing = next(folder for folder in home.parents if folder.exists())
    key = hashlib.sha256(os.fsencode(home)).hexdigest()[:12]
    # Keyed by the folder's owner rather than the caller: root and the owner must find the same server.
    return _SHORT_BASE / f"kayun-{existing.stat().st_uid}-{key}"


def addresses(root: Path, profile: Profile, *, environ: Mapping[str, str] | None = None) -> Servers:
    """The addresses of `profile`'s servers, started or not.

    ``DATABASE_URL`` (with ``DATABASE_OWNER_URL`` and ``DATABASE_ADMIN_URL``) and ``REDIS_URL`` in the environment take
    the place of the local ones. Without ``DATABASE_OWNER_URL`` the owner's address is the application's, and what only
    the owner may do will be refused by the database.
    """
    environ = os.environ if environ is None else environ
    place = paths(root, profile)
    socket_dir = quote(str(place.sockets), safe="")

    def local(role: str) -> str:
        return f"postgresql://{role}@/{DATABASE}?host={socket_dir}"

    redis_url = environ.get("REDIS_URL") or f"unix://{quote(str(place.valkey_socket))}"
    if database_url := environ.get("DATABASE_URL"):
        owner_url = environ.get("DATABASE_OWNER_URL") or database_url
        return Servers(database_url, owner_url, environ.get("DATABASE_ADMIN_URL"), redis_url)
    return Servers(local(APP_ROLE), local(OWNER_ROLE), local(ADMIN_ROLE), redis_url)
