"""A mark on views that open their own transactions."""

from collections.abc import Callable
from typing import Any, TypeVar

View = TypeVar("View", bound=Callable[..., Any])

_MARK = "kayun_own_transactions"


def own_transactions(view: View) -> View:
    """Mark a view that opens short transactions around its own steps, because it meets the outside world between them
    or because its act is one database trip by itself. The request's transaction is not opened for it.
    """
    setattr(view, _MARK, True)
    return view


def opens_own_transactions(view: Callable[..., Any]) -> bool:
    """Whether the view, or the class it was made from, bears the mark."""
    holder = getattr(view, "view_class", None) or getattr(view, "cls", None)
    return bool(getattr(view, _MARK, False) or getattr(holder, _MARK, False))
