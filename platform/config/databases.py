"""Where the databases and Valkey are: the environment's real servers, else the local ones under ``.local/``."""

import os
from typing import Any

from psycopg.conninfo import conninfo_to_dict

from config import environment
from kernel.localservers import addresses

PROFILE = os.environ.get("KAYUN_PROFILE", "test" if environment.MODE == "test" else "run")

# Only statements that ask for it are prepared (the ledger's); the ORM's texts vary too much to be worth a plan each.
_NEVER_BY_COUNT = 1_000_000
_PATIENCE_S = 2.0


def servers() -> Any:
    """The addresses this process uses."""
    return addresses(environment.ROOT, PROFILE)  # type: ignore[arg-type]


def redis_url() -> str:
    """Valkey's address, as redis-py spells it."""
    return str(servers().redis_url)


def broker_url() -> str:
    """The same, as Celery spells it."""
    return str(servers().broker_url)


def databases(*, pooled: bool) -> dict[str, Any]:
    """``default`` for the application's role; ``owner`` for migrations and provisioning, never pooled."""
    given = servers()
    return {
        "default": _database(given.database_url, pooled=pooled),
        "owner": _database(given.owner_url, pooled=False),
    }


def _database(url: str, *, pooled: bool) -> dict[str, Any]:
    parts = conninfo_to_dict(url)
    options: dict[str, Any] = {
        key: value for key, value in parts.items() if key not in {"dbname", "user", "password", "host", "port"}
    }
    options["prepare_threshold"] = _NEVER_BY_COUNT
    if pooled:
        # As many as a web process has threads, and a few kept open: opening one costs more than most requests.
        # Nobody waits for another's connection then, so a wait means that the database is gone: say so soon. The pool
        # gives up as soon: it tries again when somebody asks, and not at the end of an ever longer pause.
        size = int(os.environ.get("KAYUN_POOL_SIZE", "12"))
        options["pool"] = {"min_size": 2, "max_size": size, "timeout": _PATIENCE_S, "reconnect_timeout": _PATIENCE_S}
    return {
        "ENGINE": "kernel.db",
        "NAME": parts.get("dbname", ""),
        "USER": parts.get("user", ""),
        "PASSWORD": parts.get("password", ""),
        "HOST": parts.get("host", ""),
        "PORT": parts.get("port", ""),
        "CONN_MAX_AGE": 0 if pooled else None,
        "OPTIONS": options,
        "DISABLE_SERVER_SIDE_CURSORS": True,
    }
