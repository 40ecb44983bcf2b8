"""All rows in turn, and the report."""

import sys
from collections.abc import Callable, Mapping
from typing import Final

import django

from bench.results import Plan, Result

__all__ = ["ROWS", "Plan", "measure_all"]


def _posting(plan: Plan) -> list[Result]:
    from bench.rows import posting

    return posting.measure(plan)


ROWS: Final[Mapping[str, Callable[[Plan], list[Result]]]] = {"posting": _posting}


def measure_all(names: list[str], plan: Plan, *, write: bool) -> int:
    """Measure the rows and write the report; 1 when a goal was missed."""
    django.setup()
    from bench import report, seeding

    seeding.fresh_database()
    results = []
    for name in names:
        for result in ROWS[name](plan):
            results.append(result)
            sys.stdout.write(report.line(result) + "\n")
            sys.stdout.flush()
    if write:
        report.write(results, plan)
    return 0 if all(result.met for result in results) else 1
