"""Whatever is posted has a word: no report shows a code where a person looks for what was done."""

import ast
import importlib
from collections.abc import Iterator
from pathlib import Path

import pytest

import ledger
import membership
from membership.tills.domain import POSTING_LABELS

# Where the kind comes from the caller, these are what callers in the same module, or in its own domain, hand over.
_HANDED_OVER = {
    "membership.cashier.prepayment": ("PAY_IN", "PAY_OUT"),
    "membership.expiry.services.lots": ("EXPIRY", "POINTS_EXPIRY"),
}


def _modules() -> Iterator[tuple[str, Path]]:
    for package in (membership, ledger):
        for root in map(Path, package.__path__):
            for path in sorted(root.rglob("*.py")):
                if "migrations" not in path.parts:
                    inner = path.relative_to(root.parent).with_suffix("").parts
                    yield ".".join(inner).removesuffix(".__init__"), path


def _kinds() -> Iterator[tuple[str, str]]:
    """Each kind of posting that the code names, and the module that does."""
    for name, path in _modules():
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Name):
                continue
            given = {keyword.arg: keyword.value for keyword in call.keywords}
            # A posting that is made from another one names its kind and the hash of what was asked, too.
            is_posting = call.func.id == "PostingRequest" or (call.func.id == "replace" and "request_hash" in given)
            if not is_posting or "kind" not in given:
                continue
            found = given["kind"]
            module = importlib.import_module(name)
            if isinstance(found, ast.Name) and hasattr(module, found.id):
                yield name, getattr(module, found.id)
            else:
                yield from ((name, getattr(module, constant)) for constant in _HANDED_OVER[name])


def test_the_kinds_are_found() -> None:
    found = {kind for _module, kind in _kinds()}
    assert {"TOP_UP", "CONSUMPTION", "REVERSAL", "PACKAGE_SALE", "PREPAYMENT_REFUND", "EXPIRY", "OPENING"} <= found


@pytest.mark.parametrize(("module", "kind"), sorted(set(_kinds())))
def test_each_kind_of_posting_has_a_word(module: str, kind: str) -> None:
    assert kind in POSTING_LABELS, module
    assert str(POSTING_LABELS[kind]) != kind
