"""The SQL rules applied to the SQL that stands in Python source."""

import ast
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from kernel.checks.findings import Finding
from kernel.checks.sql import sql_findings

_LOOKS_LIKE_SQL: Final = re.compile(r"\A\s*(?:WITH|UPDATE|DELETE FROM|MERGE|INSERT INTO|CREATE|ALTER TABLE|DO)\s", re.I)
_VOLATILE_EXPRESSIONS: Final = frozenset({"Random", "RandomUUID"})


def source_findings(files: Iterable[Path], *, root: Path) -> Iterator[Finding]:
    """Every broken rule in the SQL of these Python files."""
    for path in files:
        tree = ast.parse(path.read_text(encoding="utf-8"), filename=str(path))
        name = str(path.relative_to(root))
        docstrings = {id(body[0].value) for body in _bodies(tree) if body and isinstance(body[0], ast.Expr)}
        for node in ast.walk(tree):
            if id(node) not in docstrings:
                yield from _node(node, name)


def _bodies(tree: ast.AST) -> Iterator[list[ast.stmt]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.body


def _node(node: ast.AST, name: str) -> Iterator[Finding]:
    if isinstance(node, ast.Call):
        yield from _update_call(node, name)
    text = _text(node)
    if text and _LOOKS_LIKE_SQL.match(text):
        yield from sql_findings(text, where=f"{name}:{getattr(node, 'lineno', 0)}")


def _text(node: ast.AST) -> str | None:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        parts = [part.value if isinstance(part, ast.Constant) else "x" for part in node.values]
        return "".join(str(part) for part in parts)
    return None


def _update_call(call: ast.Call, name: str) -> Iterator[Finding]:
    """K205 by way of the ORM: ``.update(token=RandomUUID())``."""
    if not (isinstance(call.func, ast.Attribute) and call.func.attr == "update"):
        return
    for keyword in call.keywords:
        for inner in ast.walk(keyword.value):
            called = inner.func if isinstance(inner, ast.Call) else None
            if isinstance(called, ast.Name) and called.id in _VOLATILE_EXPRESSIONS:
                yield Finding(
                    "K205", f"{name}:{call.lineno}", f"{called.id}() in an update: pass the value as a parameter"
                )
