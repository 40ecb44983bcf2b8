"""Making a chain, beside making its schema by migrations."""

import itertools
import time

from django.db import connections

from bench.results import Plan, Result, best_of
from bench.seeding import request_bench_chain
from kernel.db import in_public
from tenants.chains import schemas, spares
from tenants.chains.provisioning import provision
from tenants.chains.versions import OWNER

PRESENT = 300
PRESENT_FULL = 3000


def measure(plan: Plan) -> list[Result]:
    """With few schemas present, and with many."""
    results = [_measure(plan, "provisioning a chain")]
    present = PRESENT_FULL if plan.full else PRESENT
    spares.refill(up_to=present)
    results.append(_measure(plan, f"provisioning a chain, {present:,} schemas present", spares_kept=present))
    return results


def _measure(plan: Plan, path: str, *, spares_kept: int = spares.POOL) -> Result:
    numbers = itertools.count(1)

    def ours() -> float:
        spares.refill(up_to=spares_kept)
        chain = request_bench_chain(f"made{spares_kept}x{next(numbers)}")
        began = time.perf_counter()
        provision(chain.pk)
        return time.perf_counter() - began

    def migrated() -> float:
        name = f"c_migrated{spares_kept}x{next(numbers)}"
        began = time.perf_counter()
        schemas.migrate(name)
        took = time.perf_counter() - began
        with in_public(using=OWNER):
            schemas.drop(name)
        return took

    contenders = {"migrations": migrated, "ours": ours}
    best_of(Plan(rounds=1, seconds=0, full=False), contenders)
    best = best_of(plan, contenders, best=min)
    connections[OWNER].close()
    return Result(
        path, "the same schema by `migrate`", "s", best["ours"], best["migrations"], 0.01, more_is_better=False
    )
