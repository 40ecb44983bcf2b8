"""Background work. A task names its schema, runs in one transaction there, and fails where the schema is gone.

Work that must happen is a row with a state, written in the transaction that decides it; ``enqueue`` only hints that
there is something to do. When the hint is lost (a kill between commit and enqueue, a broker that was flushed) a
sweeper finds the row.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from time import monotonic
from typing import Any, Final

from celery import Celery
from django.db import connection, transaction
from kombu.exceptions import OperationalError

from kernel.db import PUBLIC_SCHEMA, in_chain, in_public, qualified
from kernel.ids import uuid7
from kernel.observability.context import current, work

_log = logging.getLogger(__name__)

# Here, and not where the workers start: whoever enqueues must have it, or Celery would fall back to a broker of its
# own.
app = Celery("kayun")
app.config_from_object("django.conf:settings", namespace="CELERY")

Run = Callable[..., Any]

_BROKER_PAUSE_S: Final = 5.0


class ChainGone(Exception):
    """The task's schema does not exist (any more). It must not be run anywhere else instead."""


def chain_task(name: str) -> Callable[[Run], Any]:
    """A task of one chain, run in one transaction of its schema, which has to exist.

    It is enqueued with ``enqueue`` from within the chain; the function takes its own keywords only.
    """

    def decorate(function: Run) -> Any:
        def run(*, schema_name: str, **payload: Any) -> None:
            with in_chain(schema_name):
                check_exists(schema_name)
                function(**payload)

        return _registered(name, function, run)

    return decorate


def public_task(name: str, *, own_transactions: bool = False) -> Callable[[Run], Any]:
    """A task of the platform, run in one transaction of the public schema; with ``own_transactions``, in none: it meets
    the outside world or does many things one by one, and opens short transactions around its steps.
    """

    def decorate(function: Run) -> Any:
        def run(*, schema_name: str = PUBLIC_SCHEMA, **payload: Any) -> None:
            if own_transactions:
                function(**payload)
                return
            with in_public():
                function(**payload)

        return _registered(name, function, run)

    return decorate


def schema_task(name: str) -> Callable[[Run], Any]:
    """A task of the schema it is enqueued from, public or a chain's; takes its name, opens its own transactions."""

    def decorate(function: Run) -> Any:
        def run(*, schema_name: str, **payload: Any) -> None:
            check_exists(schema_name)
            function(schema_name=schema_name, **payload)

        return _registered(name, function, run)

    return decorate


def _registered(name: str, function: Run, run: Run) -> Any:
    """The task, which carries on the request that asked for it: its id is in the log of both."""

    @app.task(name=name)  # type: ignore[untyped-decorator]
    @wraps(function)
    def with_context(*, request_id: str = "", schema_name: str = PUBLIC_SCHEMA, **payload: Any) -> None:
        chain = "" if schema_name == PUBLIC_SCHEMA else schema_name
        with work(request_id=request_id or uuid7().hex, chain=chain):
            run(schema_name=schema_name, **payload)

    return with_context


def check_exists(schema_name: str) -> None:
    """Make sure that the schema is there: PostgreSQL would skip a missing one in silence.

    Raises:
        ChainGone
    """
    with qualified(), connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_catalog.pg_namespace WHERE nspname = %s", [schema_name])
        if cursor.fetchone() is None:
            raise ChainGone(schema_name)


def enqueue(name: str, *, schema_name: str | None = None, **payload: Any) -> None:
    """Hint, once the open transaction has committed, that the task should run, for the schema that is chosen now.

    Never fails, nor waits long: whatever has to be done is in the database and is found by the sweeper.
    """
    chosen = schema_name or connection.schema_name  # type: ignore[attr-defined]
    kwargs = {"schema_name": chosen, "request_id": current().request_id, **payload}
    transaction.on_commit(lambda: _send(name, kwargs))


def _send(name: str, kwargs: dict[str, Any]) -> None:
    if monotonic() < _broker.silent_until:
        return
    try:
        app.send_task(name, kwargs=kwargs, retry=False)
    except OperationalError:
        _broker.silent_until = monotonic() + _BROKER_PAUSE_S
        _log.warning("broker not reached; the sweeper will enqueue it: %s", name)


@dataclass(slots=True)
class _Broker:
    """What this process knows of it: after a vain attempt nobody waits for another for a while."""

    silent_until: float = 0.0


_broker = _Broker()
