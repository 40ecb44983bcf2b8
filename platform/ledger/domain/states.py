"""What the ledger finds when it looks, with the accounts locked. Tuples: they are made by the thousand."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple
from uuid import UUID


class AccountState(NamedTuple):
    """An account's head."""

    id: int
    unit: str
    lotted: bool
    allow_negative: bool
    balance: int
    version: int


class LotState(NamedTuple):
    """A lot's head, with what decides when it may be drawn."""

    id: UUID
    account_id: int
    kind: str
    original: int
    remaining: int
    version: int
    expires_at: datetime | None
    opened_at: datetime


class StoredPosting(NamedTuple):
    """A posting found under one of the requests' keys: what a replay returns."""

    id: UUID
    idempotency_key: str
    request_hash: bytes
    result: str


class PastEntry(NamedTuple):
    """An entry of a posting that is to be reversed."""

    line_no: int
    account_id: int | None
    contra: str | None
    unit: str
    amount: int


class PastDraw(NamedTuple):
    """A draw of a posting that is to be reversed; its order is that of the lot's versions."""

    lot_id: UUID
    line_no: int
    version: int
    amount: int


class PastPosting(NamedTuple):
    """A posting that is to be reversed, with what it did."""

    id: UUID
    reverses: UUID | None
    reversed_by: UUID | None
    entries: tuple[PastEntry, ...]
    draws: tuple[PastDraw, ...]


@dataclass(slots=True)
class Facts:
    """Everything a batch's decisions rest on.

    ``lots`` holds the live lots of every account that a request draws, and every lot that a posting to be reversed had
    touched. ``guards`` holds the rows of each guard's SELECT by subject.
    """

    accounts: dict[int, AccountState] = field(default_factory=dict)
    lots: dict[UUID, LotState] = field(default_factory=dict)
    stored: dict[str, StoredPosting] = field(default_factory=dict)
    past: dict[UUID, PastPosting] = field(default_factory=dict)
    guards: dict[str, dict[int, tuple[object, ...]]] = field(default_factory=dict)
