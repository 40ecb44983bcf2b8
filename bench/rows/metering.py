"""Posting while calls are counted, beside posting alone: a posting is its own row of usage, so only the count costs."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Final

from django.db import connections

from bench.results import Plan, Result, best_of
from bench.rows.posting import CARDS, CLIENTS, posted_per_second
from bench.seeding import BenchChain, seed_chain
from bench.serving import serving
from billing.metering.services import count_usage
from kernel import clock
from kernel.db import in_public

EVERY_S: Final = 2.0
_NOTE: Final = (
    f"all calls of the last hours are counted anew every {EVERY_S:g} seconds, where the timer does it every 300"
)


def measure(plan: Plan) -> list[Result]:
    """What exact metering takes from the tills."""
    chain = seed_chain("metered", cards=CARDS)
    with serving("config.wsgi:application") as port:
        contenders = {
            "alone": lambda: posted_per_second(port, [chain], plan),
            "counted": _counted(port, chain, plan),
        }
        best_of(Plan(rounds=1, seconds=3, full=False), contenders)
        best = best_of(plan, contenders)
    path = f"API posting with exact metering, {CLIENTS} clients"
    return [Result(path, "posting without it", "postings/s", best["counted"], best["alone"], 0.95, note=_NOTE)]


def _counted(port: int, chain: BenchChain, plan: Plan) -> Callable[[], float]:
    def measure_counted() -> float:
        with _counting():
            return posted_per_second(port, [chain], plan)

    return measure_counted


@contextmanager
def _counting() -> Iterator[None]:
    """Count as the timer does, more often, until the block ends.

    Raises:
        RuntimeError: nothing was counted.
    """
    ended, changed = threading.Event(), []

    def count() -> None:
        while not ended.is_set():
            with in_public():
                changed.append(count_usage(since=clock.now() - timedelta(hours=2)))
            ended.wait(EVERY_S)
        connections.close_all()

    counter = threading.Thread(target=count)
    counter.start()
    try:
        yield
    finally:
        ended.set()
        counter.join()
    if not any(changed):
        raise RuntimeError("no call was counted")
