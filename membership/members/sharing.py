"""Whether one ID document may stand on several members' files, which a desk may merge later.

It may, knowingly. An app that keeps a chain's rules registers what forbids it when Django starts.
"""

from collections.abc import Callable
from typing import Final

Rule = Callable[[], bool]

_RULES: Final[list[Rule]] = []


def forbids(rule: Rule) -> Rule:
    """Register (a decorator) a rule that is asked whenever it would happen. Registering it again does nothing."""
    if rule not in _RULES:
        _RULES.append(rule)
    return rule


def is_forbidden() -> bool:
    """Whether some rule of the chain forbids it."""
    return any(rule() for rule in _RULES)
