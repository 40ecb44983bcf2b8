"""What the ledger answers: one outcome for each request, in the order of the requests."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self
from uuid import UUID

import msgspec

from kernel.errors import DomainError
from ledger.domain.states import StoredPosting


@dataclass(frozen=True, slots=True)
class Posted:
    """The event is in the ledger, once, now or since before (``replayed``).

    ``balances``: each account the posting touched and what it held after. ``drawn``: per account and kind of lot, the
    amount that left it (positive) or came back to it (negative). ``followed``: what the request's sequel moved, per
    account.
    """

    posting_id: UUID
    replayed: bool
    balances: dict[int, int]
    drawn: dict[int, dict[str, int]] = field(default_factory=dict)
    followed: dict[int, int] = field(default_factory=dict)

    @property
    def result(self) -> dict[str, Any]:
        """What is stored with the posting and returned to whoever asks again."""
        result: dict[str, Any] = {"balances": self.balances, "drawn": self.drawn}
        return result | {"followed": self.followed} if self.followed else result

    def stored(self) -> str:
        """The result as JSON text."""
        return msgspec.json.encode(self.result).decode()

    @classmethod
    def again(cls, stored: StoredPosting) -> Self:
        """The outcome of a replay, from what was stored."""
        result = msgspec.json.decode(stored.result)
        return cls(
            posting_id=stored.id,
            replayed=True,
            balances={int(account): balance for account, balance in result["balances"].items()},
            drawn={int(account): kinds for account, kinds in result["drawn"].items()},
            followed={int(account): amount for account, amount in result.get("followed", {}).items()},
        )


@dataclass(frozen=True, slots=True)
class Refused:
    """Nothing of this request was written; other requests of the batch are not touched by it.

    ``error`` is set where a guard refused: its own error, which ``code`` and ``params`` repeat.
    """

    code: str
    params: Mapping[str, Any] = field(default_factory=dict)
    error: DomainError | None = None


Outcome = Posted | Refused
