"""What a batch writes: plain rows in the order of their columns."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from ledger.domain.states import AccountState, LotState


class PostingRow(NamedTuple):
    """A row of ``ledger_posting``; ``memo`` and ``result`` are JSON text."""

    id: UUID
    kind: str
    idempotency_key: str
    request_hash: bytes
    actor: str
    store_id: int | None
    occurred_at: datetime
    reverses_id: UUID | None
    memo: str
    result: str


class EntryRow(NamedTuple):
    """A row of ``ledger_entry``; the database computes the balance after and the version before."""

    posting_id: UUID
    line_no: int
    line_count: int
    account_id: int | None
    contra: str | None
    unit: str
    amount: int
    version: int | None
    balance_before: int | None


class LotRow(NamedTuple):
    """A new row of ``ledger_lot``, as it was opened; draws of the same batch come on top, in the lot's head."""

    id: UUID
    account_id: int
    kind: str
    posting_id: UUID
    original: int
    expires_at: datetime | None
    opened_at: datetime


class DrawRow(NamedTuple):
    """A row of ``ledger_draw``."""

    lot_id: UUID
    posting_id: UUID
    line_no: int
    version: int
    amount: int
    remaining_before: int


@dataclass(slots=True)
class Writes:
    """All that the second trip writes; ``accounts`` and ``lots`` are the heads that moved, as the batch left them."""

    postings: list[PostingRow] = field(default_factory=list)
    entries: list[EntryRow] = field(default_factory=list)
    opened: list[LotRow] = field(default_factory=list)
    draws: list[DrawRow] = field(default_factory=list)
    accounts: dict[int, AccountState] = field(default_factory=dict)
    lots: dict[UUID, LotState] = field(default_factory=dict)
