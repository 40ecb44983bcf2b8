"""Reasons that are kept with an act."""

from typing import Final

from membership.members.errors import InvalidReason

_SHORTEST: Final = 2
_LONGEST: Final = 100


def checked_reason(typed: str) -> str:
    """The reason, tidied.

    Raises:
        InvalidReason
    """
    reason = " ".join(typed.split())
    if not _SHORTEST <= len(reason) <= _LONGEST:
        raise InvalidReason
    return reason
