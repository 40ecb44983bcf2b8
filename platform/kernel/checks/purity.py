"""Rules are pure: ``domain.py``, or a ``domain`` package, holds types and arithmetic; it asks no database and no clock.

What it may import is import-linter's matter; this looks at what it does with what it imported.
"""

import ast
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from kernel.checks.findings import Finding

# Of django.db, a rule needs the words of a choice and nothing else.
_OF_MODELS: Final = frozenset({"TextChoices", "IntegerChoices"})
_OF_DATABASE: Final = frozenset({"objects", "_meta", "using", "select_related", "refresh_from_db"})
_CLOCKS: Final = frozenset({"now", "utcnow", "today", "time", "monotonic", "perf_counter"})
_CLOCK_HOLDERS: Final = frozenset({"datetime", "date", "time", "clock", "timezone"})


def is_domain(path: Path) -> bool:
    """Whether the file holds rules."""
    return path.name == "domain.py" or path.parent.name == "domain"


def purity_findings(files: Iterable[Path], *, root: Path) -> Iterator[Finding]:
    """Every place in these files of rules that asks a database or a clock."""
    for path in files:
        name = str(path.relative_to(root))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"), filename=str(path))):
            yield from _node(node, name)


def _node(node: ast.AST, name: str) -> Iterator[Finding]:
    if isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] == "django":
        if node.module == "django.db" and any(alias.name != "models" for alias in node.names):
            yield Finding("K401", f"{name}:{node.lineno}", "a rule opens no connection: give it what it needs")
    elif isinstance(node, ast.Attribute):
        holder = node.value.id if isinstance(node.value, ast.Name) else ""
        if (holder == "models" and node.attr not in _OF_MODELS) or node.attr in _OF_DATABASE:
            yield Finding(
                "K401", f"{name}:{node.lineno}", f".{node.attr} asks the database: give the rule what it needs"
            )
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        holder = node.func.value.id if isinstance(node.func.value, ast.Name) else ""
        if holder in _CLOCK_HOLDERS and node.func.attr in _CLOCKS:
            yield Finding(
                "K402", f"{name}:{node.lineno}", f"{holder}.{node.func.attr}() reads the clock: take it as a parameter"
            )
