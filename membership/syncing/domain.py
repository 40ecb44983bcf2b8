"""What the chain's own software sends of its members, and what a batch of them costs. Pure."""

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any, Final

from membership.members.domain import DocumentKind

ROWS_MAX: Final = 5_000
"""Members in one batch."""
ROWS_A_CALL: Final = 1_000
"""A batch is charged as one call for each started thousand of its members that were taken."""
LONGEST_NUMBER: Final = 64


class Mark(StrEnum):
    """What became of one member of a batch. Stored."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    """She was here already, and everything that was sent of her."""
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Paper:
    """An ID document of hers, as the software keeps it: nobody here has seen it."""

    kind: DocumentKind
    number: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Facts:
    """What is sent of a member, as typed. None: not sent, and left as it is; an empty text clears."""

    external_number: str
    name: str
    phone: str
    member_code: str = ""
    """Of a member who is here already, by this name and telephone, and shall have this external number from now on."""
    birthday: date | None = None
    landline: str | None = None
    email: str | None = None
    address: str | None = None
    paper: Paper | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one member of a batch. ``problem`` is a refusal's code, ``params`` what fills its message: never
    anything that was sent of her.
    """

    mark: Mark
    member_code: str = ""
    problem: str = ""
    params: dict[str, str] = field(default_factory=dict)

    def kept(self) -> list[object]:
        """As it is stored."""
        told: list[object] = [self.mark.value, self.member_code]
        return [*told, self.problem, self.params] if self.problem else told

    @classmethod
    def recalled(cls, kept: list[Any]) -> "Outcome":
        """From what was stored."""
        return cls(Mark(kept[0]), *kept[1:])


def calls_of(taken: int) -> int:
    """The calls that a batch is charged as, from how many of its members were taken: 1 for 1 to 1,000, 2 for 1,001."""
    return -(-taken // ROWS_A_CALL)
