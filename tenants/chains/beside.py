"""A schema migrated in a process of its own: Django's bookkeeping of models, not the database, is what takes long."""

import multiprocessing
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from typing import Any, Final

import django
from django.db import connections

from tenants.chains.versions import OWNER

# Held by such a process until it ends. Whoever migrates next waits for it: its parent may have been killed.
_LOCK: Final = 0x6B61_7975_6E00_0002


@contextmanager
def migrating_beside(schema_name: str) -> Iterator[Future[list[str]]]:
    """Have the schema brought up to date meanwhile, in a transaction of its own; the names of what was applied, when
    asked for. Leaving the block waits for it.
    """
    # Not forked: a child would share our connections.
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        yield pool.submit(_migrate, schema_name, dict(connections[OWNER].settings_dict))


def wait_for_orphans() -> None:
    """Wait until no process migrates that was left by a run that was killed."""
    with connections[OWNER].cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [_LOCK])
        cursor.execute("SELECT pg_advisory_unlock(%s)", [_LOCK])


def _migrate(schema_name: str, where: Mapping[str, Any]) -> list[str]:
    django.setup()
    from tenants.chains import schemas

    # The parent's database, whatever the settings name.
    connections[OWNER].settings_dict.update(where)
    with connections[OWNER].cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [_LOCK])
    return schemas.migrate(schema_name)
