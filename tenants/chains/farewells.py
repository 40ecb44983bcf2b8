"""What other apps have to settle before a chain's schema is gone (its last calls are charged, say).

A farewell is given the chain, which is exported and closed to everybody. It runs in a transaction of the public schema
and may read the chain's; after a kill it runs again, so it must be repeatable. What it raises stops the closing, which
is then tried again.
"""

from collections.abc import Callable
from typing import Final

from tenants.chains.models import Chain

Farewell = Callable[[Chain], None]

_FAREWELLS: Final[list[Farewell]] = []


def before_dropping(farewell: Farewell) -> Farewell:
    """Register a farewell (a decorator). Registering it again does nothing."""
    if farewell not in _FAREWELLS:
        _FAREWELLS.append(farewell)
    return farewell


def take_leave(chain: Chain) -> None:
    """Let every app settle what it has with the chain."""
    for farewell in _FAREWELLS:
        farewell(chain)
