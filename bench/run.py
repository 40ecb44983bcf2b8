"""All rows in turn, and the report."""

import sys
from importlib import import_module
from typing import Final

import django

from bench.results import Plan, Result

__all__ = ["ROWS", "Plan", "measure_all"]


ROWS: Final = (
    "posting", "metering", "chains", "pins", "provisioning", "billing", "imports", "sheets", "member", "clearing",
)  # fmt: skip


def measure_all(names: list[str], plan: Plan, *, write: bool) -> int:
    """Measure the rows and write the report; 1 when a goal was missed."""
    django.setup()
    from bench import report, seeding

    seeding.fresh_database()
    results: list[Result] = []
    for name in names:
        # Only now: rows read models, which need Django set up.
        for result in import_module(f"bench.rows.{name}").measure(plan):
            results.append(result)
            sys.stdout.write(report.line(result) + "\n")
            sys.stdout.flush()
    if write:
        report.write(results, plan, whole=set(ROWS) <= set(names))
    return 0 if all(result.met for result in results) else 1
