"""Background work. A task names its schema, runs in one transaction there, and fails where the schema is gone.

Work that must happen is a row with a state, written in the transaction that decides it; ``enqueue`` only hints that there is
something to do. When the hint is lost (a kill between commit and enqueue, a broker that was flushed) a sweeper finds the row.
"""

import logging
from collections.abc import Callable
from functools import wraps
from typing import Any

from celery import Celery
from django.db import connection, transaction
from kombu.exceptions import OperationalError

from kernel.db import PUBLIC_SCHEMA, in_chain, in_public

_log = logging.getLogger(__name__)

# Here, and not where the workers start: whoever enqueues must have it, or Celery would fall back to a broker of its own.
app = Celery("kayun")
app.config_from_object("django.conf:settings", namespace="CELERY")

Run = Callable[..., Any]


class ChainGone(Exception):
    """The task's schema does not exist (any more). It must not be run anywhere else instead."""


def chain_task(name: str, *, public_too: bool = False) -> Callable[[Run], Any]:
    """A task of one chain: called with ``schema_name`` and its own keywords, it runs in one transaction of that schema.

    ``public_too`` is for what both kinds of schema have (outgoing e-mail).

    Raises, when run:
        ChainGone
    """

    def decorate(function: Run) -> Any:
        @app.task(name=name)
        @wraps(function)
        def run(*, schema_name: str, **payload: Any) -> Any:
            if schema_name == PUBLIC_SCHEMA and public_too:
                with in_public():
                    return function(**payload)
            with in_chain(schema_name):
                check_exists(schema_name)
                return function(**payload)

        return run

    return decorate


def public_task(name: str, *, own_transactions: bool = False) -> Callable[[Run], Any]:
    """A task of the platform, run in one transaction of the public schema; with ``own_transactions``, in none: it meets
    the outside world or does many things one by one, and opens short transactions around its steps.
    """

    def decorate(function: Run) -> Any:
        @app.task(name=name)
        @wraps(function)
        def run(*, schema_name: str = PUBLIC_SCHEMA, **payload: Any) -> Any:
            if own_transactions:
                return function(**payload)
            with in_public():
                return function(**payload)

        return run

    return decorate


def check_exists(schema_name: str) -> None:
    """Make sure that the schema is there: PostgreSQL would skip a missing one in silence.

    Raises:
        ChainGone
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_catalog.pg_namespace WHERE nspname = %s", [schema_name])
        if cursor.fetchone() is None:
            raise ChainGone(schema_name)


def enqueue(name: str, **payload: Any) -> None:
    """Hint, once the open transaction has committed, that the task should run for the schema that is chosen now.

    Never fails: whatever has to be done is in the database and is found by the sweeper.
    """
    schema_name = connection.schema_name  # type: ignore[attr-defined]

    def send() -> None:
        try:
            app.send_task(name, kwargs={"schema_name": schema_name, **payload}, retry=False)
        except OperationalError:
            _log.warning("broker not reached; the sweeper will enqueue it: %s", name)

    transaction.on_commit(send)
