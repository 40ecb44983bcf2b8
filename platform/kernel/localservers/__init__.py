"""PostgreSQL and Valkey for a developer's machine: no installation, no ports, no containers.

Both servers come as wheels and live under ``.local/<profile>/``, reached over unix sockets only. Web, worker, commands
and tests share them; whoever needs them first starts them under a file lock, and they outlive whoever did. Where the
environment names real servers (``DATABASE_URL``, ``REDIS_URL``) nothing here is started.

    servers = ensure(root, "run")      # starts what is not running; a few milliseconds when all of it is
    servers.database_url               # the application's role
    servers.owner_url                  # the role that owns schemas and tables

`addresses` says the same without starting anything. `create_database` and `drop_database` serve tests, and
`prepare_database` also prepares a real server.
"""

from kernel.localservers.ensuring import ServerStatus, ensure, status, stop
from kernel.localservers.errors import ServersError
from kernel.localservers.places import PROFILES, Paths, Profile, Servers, addresses, paths
from kernel.localservers.preparing import create_database, drop_database, prepare_database

__all__ = [
    "PROFILES",
    "Paths",
    "Profile",
    "ServerStatus",
    "Servers",
    "ServersError",
    "addresses",
    "create_database",
    "drop_database",
    "ensure",
    "paths",
    "prepare_database",
    "status",
    "stop",
]
