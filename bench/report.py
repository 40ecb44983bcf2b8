"""The report: docs/benchmarks.md."""

import os
import platform
from importlib.metadata import version
from typing import Final

import django
import psutil
from django.db import connection

from bench.results import Plan, Result
from bench.serving import ROOT
from kernel.db import in_public

PLACE: Final = ROOT / "docs" / "benchmarks.md"

_HEAD: Final = """# Benchmarks

Written by `make bench`; do not edit. Each line sets our code beside a peer: both are measured in one run, in turn,
{rounds} times, and the best of each counts. A rate's ratio should be at least the goal, a time's at most. Server,
PostgreSQL (durable: `fsync` on) and the clients that load them share this machine, so absolute numbers say little;
ratios say something.

Machine: {cores} cores, {memory} GiB. {versions}.

| path | measured against | ours | peer | ratio | goal |
|---|---|---:|---:|---:|---:|
"""


def write(results: list[Result], plan: Plan) -> None:
    """Write the report."""
    head = _HEAD.format(rounds=plan.rounds, cores=os.cpu_count(), memory=_memory_gib(), versions=_versions())
    PLACE.write_text(head + "\n".join(_row(result) for result in results) + "\n" + _notes(results), encoding="utf-8")


def line(result: Result) -> str:
    """One result for the terminal."""
    verdict = "met" if result.met else "MISSED"
    return (
        f"{result.path} against {result.against}: {_number(result.ours)} / {_number(result.peer)} {result.unit}"
        f" = {_number(result.ratio)} ({verdict}: {_goal(result)})"
    )


def _row(result: Result) -> str:
    mark = "" if result.met else " **missed**"
    return (
        f"| {result.path} | {result.against} | {_number(result.ours)} {result.unit} "
        f"| {_number(result.peer)} {result.unit} | {_number(result.ratio)}{mark} | {_goal(result)} |"
    )


def _notes(results: list[Result]) -> str:
    notes = [f"- {result.path}: {result.note}" for result in results if result.note]
    return "\n" + "\n".join(dict.fromkeys(notes)) + "\n" if notes else ""


def _goal(result: Result) -> str:
    if result.more_is_better:
        return f"≥ {result.goal:g}"
    return f"≤ {result.goal:g}" if result.goal >= 1 else f"≤ 1/{round(1 / result.goal)}"


def _number(value: float) -> str:
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}"


def _memory_gib() -> int:
    return round(psutil.virtual_memory().total / 2**30)


def _versions() -> str:
    with in_public(), connection.cursor() as cursor:
        cursor.execute("SHOW server_version")
        (server,) = cursor.fetchone()
    parts = [
        f"Python {platform.python_version()}",
        f"PostgreSQL {str(server).split()[0]}",
        f"Django {django.__version__}",
    ]
    parts += [f"{name} {version(name)}" for name in ("granian", "psycopg", "msgspec")]
    return ", ".join(parts)
