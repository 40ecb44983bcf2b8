"""Many at a time."""

import threading
from collections.abc import Callable

from django.db import connections

from tests.cleaning import superuser

THREADS = 6


def side_by_side(work: Callable[[int], None], *, threads: int = THREADS, timeout_s: float = 120) -> None:
    """Run it in so many threads, started together; whatever went wrong in one is raised here."""
    start, failures = threading.Barrier(threads), []

    def run(number: int) -> None:
        try:
            start.wait(timeout=20)
            work(number)
        except BaseException as error:  # noqa: BLE001  (told by the test, which fails with it)
            failures.append(error)
        finally:
            connections.close_all()

    running = [threading.Thread(target=run, args=(number,), daemon=True) for number in range(threads)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join(timeout=timeout_s)
    assert not any(thread.is_alive() for thread in running), "somebody waits for ever"
    if failures:
        raise failures[0]


def deadlocks() -> int:
    """How many transactions of this database the server has broken off to let another go on, retried or not."""
    with superuser() as conn:
        conn.execute("SELECT pg_stat_clear_snapshot()")
        row = conn.execute("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()").fetchone()
    assert row is not None
    return int(row[0])
