"""Stripe's forms: nested values flattened to ``a[b][0][c]=…``, and back."""

from typing import Any
from urllib.parse import parse_qsl


def decode(text: str) -> dict[str, Any]:
    """The nested values of a form or a query. Every leaf is text; lists are those whose keys are numbers or empty."""
    tree: dict[str, Any] = {}
    for name, value in parse_qsl(text, keep_blank_values=True):
        *path, last = name.replace("]", "").split("[")
        place = tree
        for part in path:
            place = place.setdefault(part, {})
        place[last or str(len(place))] = value
    return {name: _listed(value) for name, value in tree.items()}


def _listed(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    if value and all(part.isdigit() for part in value):
        return [_listed(value[part]) for part in sorted(value, key=int)]
    return {name: _listed(part) for name, part in value.items()}
