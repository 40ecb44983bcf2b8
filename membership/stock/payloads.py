"""What the papers of card stock say. What is computed is written by the kinds' checks, never taken from a form."""

from datetime import date
from typing import Any

import msgspec


class Listed(msgspec.Struct, frozen=True):
    """Consecutive cards of a range: by position for the rules, by number for people."""

    range_id: int
    first: int
    last: int
    first_number: str
    last_number: str

    @property
    def quantity(self) -> int:
        """How many cards."""
        return self.last - self.first + 1


class MakingPayload(msgspec.Struct, kw_only=True):
    """A making request (R-F02)."""

    reason: str
    level_code: str
    quantity: int
    wanted_on: date
    type_code: str = "ORDINARY"
    # Computed: names as they were, and the branch's blank cards by level.
    level_name: str = ""
    type_name: str = ""
    stock: list[dict[str, Any]] = []


class DeliveryPayload(msgspec.Struct, kw_only=True):
    """A delivery to a store (R-F07)."""

    first_number: str
    last_number: str
    planned_on: date
    keeper: str
    # Why so soon; empty when it was announced in time.
    reason: str = ""
    # Computed from the numbers.
    range_id: int = 0
    first: int = 0
    last: int = 0
    quantity: int = 0


class TransferPayload(msgspec.Struct, kw_only=True):
    """Cards that go from one store to another: what was typed or scanned, and what follows from it."""

    text: str
    to_store: int
    # Who answers for them there.
    keeper: str
    reason: str
    # Computed.
    to_store_name: str = ""
    listed: list[Listed] = []
    quantity: int = 0


class CountPayload(msgspec.Struct, kw_only=True):
    """A count of a store's blank cards (R-F06): what was typed or scanned, and what follows from it."""

    text: str = ""
    explanation: str = ""
    # The month it counts for; the present one when it is left out.
    period: str = ""
    # Computed.
    expected: int = 0
    counted: int = 0
    missing: list[Listed] = []
    # Missing since an earlier count, and here again.
    found: list[Listed] = []
    # Cards that should lie somewhere else.
    strange: list[Listed] = []
    # Cards under no stock control.
    unknown: list[str] = []

    @property
    def differs(self) -> bool:
        """Whether what lies there is not what should."""
        return bool(self.missing or self.found or self.strange or self.unknown)


class DestructionPayload(msgspec.Struct, kw_only=True):
    """Cards to be destroyed (R-E05)."""

    text: str
    reason: str
    # Computed.
    listed: list[Listed] = []
    loose: list[str] = []
    quantity: int = 0
