"""Making a chain, beside making its schema by migrations."""

import itertools
import time
from collections.abc import Callable
from functools import partial

from django.db import connections

from bench.results import Plan, Result, best_of
from bench.seeding import request_bench_chain
from kernel.db import in_public
from tenants.chains import schemas, spares
from tenants.chains.provisioning import provision
from tenants.chains.versions import OWNER

PRESENT = 300
PRESENT_FULL = 3000


_NOTE = (
    "the whole of it also gives the chain its address, its owner's account, its first store and their entries in the "
    "trail, each step committed by itself so that it survives a kill"
)


def measure(plan: Plan) -> list[Result]:
    """With few schemas present, and with many."""
    results = _measure(plan, "")
    present = PRESENT_FULL if plan.full else PRESENT
    spares.refill(up_to=present)
    return results + _measure(plan, f", {present:,} schemas present", kept=present)


def _measure(plan: Plan, circumstance: str, *, kept: int = spares.POOL) -> list[Result]:
    numbers = itertools.count(1)

    def whole() -> float:
        spares.refill(up_to=kept)
        chain = request_bench_chain(f"made{kept}x{next(numbers)}")
        return _timed(lambda: provision(chain.pk))

    def schema() -> float:
        spares.refill(up_to=kept)
        name = f"c_claimed{kept}x{next(numbers)}"
        return _timed(lambda: _claim(name))

    def migrated() -> float:
        name = f"c_migrated{kept}x{next(numbers)}"
        took = _timed(lambda: schemas.migrate(name))
        with in_public(using=OWNER):
            schemas.drop(name)
        return took

    contenders = {"migrations": migrated, "schema": schema, "whole": whole}
    best_of(Plan(rounds=1, seconds=0, full=False), contenders)
    best = best_of(plan, contenders, best=min)
    connections[OWNER].close()
    result = partial(Result, against="migrating it", unit="s", peer=best["migrations"], more_is_better=False)
    return [
        result(f"a new chain's schema{circumstance}", ours=best["schema"], goal=0.01),
        result(f"provisioning a chain{circumstance}", ours=best["whole"], goal=0.1, note=_NOTE),
    ]


def _claim(name: str) -> None:
    with in_public(using=OWNER):
        spares.claim(schema_name=name)


def _timed(act: Callable[[], object]) -> float:
    began = time.perf_counter()
    act()
    return time.perf_counter() - began
