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
from kernel.clock import today
from kernel.db import in_public

PLACE: Final = ROOT / "docs" / "benchmarks.md"

_HEAD: Final = """# Benchmarks

Written by `make bench`; do not edit. Each line sets our code beside a peer: both are measured in one run, in turn,
several times, and the best of each counts. A rate's ratio should be at least the goal, a time's at most. Server,
PostgreSQL (durable: `fsync` on) and the clients that load them share this machine, so absolute numbers say little;
ratios say something. `kayun bench ROW` measures one row anew and leaves the others as they are.

Machine: {cores} cores, {memory} GiB. {versions}.

| path | measured against | ours | peer | ratio | goal | when |
|---|---|---:|---:|---:|---:|---|
"""


def write(results: list[Result], plan: Plan, *, whole: bool) -> None:
    """Write the report. Unless it is ``whole``, lines of what was not measured now stay."""
    head = _HEAD.format(cores=os.cpu_count(), memory=_memory_gib(), versions=_versions())
    when = f"{today():%Y-%m-%d}, best of {plan.rounds}"
    text = PLACE.read_text(encoding="utf-8") if PLACE.exists() and not whole else ""
    lines = merged(kept_lines(text, "| "), {_key(result): _row(result, when) for result in results})
    notes = merged(kept_lines(text, "- "), {result.path: f"- {result.path}: {result.note}" for result in results})
    notes = [note for note in notes if not note.endswith(": ")]
    PLACE.write_text(
        head + "\n".join(lines) + "\n" + ("\n" + "\n".join(notes) + "\n" if notes else ""), encoding="utf-8"
    )


def kept_lines(text: str, sign: str) -> dict[str, str]:
    """The lines of an earlier report that begin so, by what they measure."""
    found = [line for line in text.splitlines() if line.startswith(sign) and not line.startswith(("| path |", "|--"))]
    return {_key_in(line): line for line in found}


def merged(earlier: dict[str, str], now: dict[str, str]) -> list[str]:
    """The lines in the order they had, each as it is known last; new ones at the end."""
    return list((earlier | now).values())


def _key(result: Result) -> str:
    return f"{result.path} | {result.against}"


def _key_in(line: str) -> str:
    if line.startswith("- "):
        return line.removeprefix("- ").partition(": ")[0]
    return " | ".join(cell.strip() for cell in line.split("|")[1:3])


def line(result: Result) -> str:
    """One result for the terminal."""
    verdict = "met" if result.met else "MISSED"
    return (
        f"{result.path} against {result.against}: {_number(result.ours)} / {_number(result.peer)} {result.unit}"
        f" = {_number(result.ratio)} ({verdict}: {_goal(result)})"
    )


def _row(result: Result, when: str) -> str:
    mark = "" if result.met else " **missed**"
    return (
        f"| {result.path} | {result.against} | {_number(result.ours)} {result.unit} "
        f"| {_number(result.peer)} {result.unit} | {_number(result.ratio)}{mark} | {_goal(result)} | {when} |"
    )


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
