"""What belongs to a member and follows her when two records of one person are merged.

Each app that keeps something of a member registers a mover when Django starts. Movers run in the order of registration,
inside the transaction of the merge, with both members locked; each says what it moved, for the trail.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from membership.members.models import Member
from tenants.people.domain import Actor


@dataclass(frozen=True, slots=True)
class Merge:
    """A merge under way: everything of ``source`` goes to ``target``."""

    source: Member
    target: Member
    actor: Actor
    store_id: int


Mover = Callable[[Merge], Mapping[str, Any]]

_MOVERS: Final[list[Mover]] = []


def register(mover: Mover) -> Mover:
    """Register a mover (a decorator): it moves everything of its app and tells what it moved, as short JSON such as
    ``{"cards": ["8800000001"]}``; an empty mapping for nothing. It may raise a DomainError to refuse the merge.
    Registering it again does nothing.
    """
    if mover not in _MOVERS:
        _MOVERS.append(mover)
    return mover


def move_all(merge: Merge) -> Iterator[tuple[str, Any]]:
    """Run every mover; what was moved, by its name."""
    for mover in _MOVERS:
        yield from mover(merge).items()
