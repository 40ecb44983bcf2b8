"""A person's rights to her data (PIPL 45, 47): what each app tells, what keeps it from being deleted, and for how long.

Each app that keeps something of a member registers its part when Django starts. Functions are called inside the
transaction of the act, with the member locked.
"""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, Final, TypeVar

from membership.members.models import Member

Teller = Callable[[Member], Mapping[str, Any]]
Obstacle = Callable[[Member], list[str]]
Retention = Callable[[Member], date | None]
Eraser = Callable[[Member], None]

T = TypeVar("T")

_TELLERS: Final[list[Teller]] = []
_OBSTACLES: Final[list[Obstacle]] = []
_RETENTIONS: Final[list[Retention]] = []
_ERASERS: Final[list[Eraser]] = []


def tells(teller: Teller) -> Teller:
    """Register (a decorator) what an app knows of a member, as JSON under names of its own: ``{"cards": [{…}]}``."""
    return _added(_TELLERS, teller)


def obstructs(obstacle: Obstacle) -> Obstacle:
    """Register (a decorator) what keeps a member's data from being deleted: sentences for the desk, none if nothing."""
    return _added(_OBSTACLES, obstacle)


def retains(retention: Retention) -> Retention:
    """Register (a decorator) until which day the law wants the member's identity kept; None where it does not."""
    return _added(_RETENTIONS, retention)


def erases(eraser: Eraser) -> Eraser:
    """Register (a decorator) what deletes an app's own data of the member; books stay, nameless."""
    return _added(_ERASERS, eraser)


def told_of(member: Member) -> dict[str, Any]:
    """What all apps know of her."""
    return {name: value for teller in _TELLERS for name, value in teller(member).items()}


def obstacles_of(member: Member) -> list[str]:
    """Everything that keeps her data from being deleted."""
    return [sentence for obstacle in _OBSTACLES for sentence in obstacle(member)]


def retained_until(member: Member) -> date | None:
    """The latest day on which the law still wants her identity kept."""
    return max((day for retention in _RETENTIONS if (day := retention(member)) is not None), default=None)


def erase_everywhere(member: Member) -> None:
    """Delete what the apps keep of her."""
    for eraser in _ERASERS:
        eraser(member)


def _added(registry: list[T], entry: T) -> T:
    if entry not in registry:
        registry.append(entry)
    return entry
