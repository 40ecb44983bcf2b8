"""What a caller asks of the ledger."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec

from kernel.errors import DomainError
from ledger.domain.drawing import DrawPolicy

# A posting is one event at a till or a desk, not a file: large loads are many postings in one batch.
MAX_LINES: Final = 1000
# Ten trillion yuan in fen: far above any honest amount, far below where 64-bit sums of them could overflow.
MAX_AMOUNT: Final = 10**15
HASH_BYTES: Final = 32
MAX_KEY_LENGTH: Final = 200


@dataclass(frozen=True, slots=True)
class OpenLot:
    """A lot to be opened; usable while ``occurred_at < expires_at`` (``None``: always).

    ``opened_at``: when what is in it was first given, where that was before the posting: value that moves to another
    account keeps its place in the draw order, and its age. ``None``: the moment of the posting.
    """

    kind: str
    amount: int
    expires_at: datetime | None = None
    opened_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class TakeLot:
    """A part (> 0) of one lot that is to leave its account, whether or not that lot may still be drawn.

    For acts that mean these lots and no others: expiry, the moving of value to another card, the taking back of a
    bonus. A consumption names none.
    """

    lot_id: UUID
    amount: int


@dataclass(frozen=True, slots=True)
class RestoreLot:
    """A part (> 0) that comes back to a lot from which it was drawn: a return of goods. Never above its original."""

    lot_id: UUID
    amount: int


@dataclass(frozen=True, slots=True)
class Line:
    """One side of a posting, in whole minor units: positive into the account, negative out of it.

    Exactly one of ``account_id`` and ``contra``. Into a lotted account the ``lots`` say what is opened and sum to
    ``amount``; out of one the request's draw policy chooses among the lots that have not expired, unless ``takes``
    names lots, which then sum to what leaves. ``kinds`` restricts the choice to lots of these kinds; ``restores`` names
    the lots to which ``amount`` comes back.
    """

    account_id: int | None
    contra: str | None
    unit: str
    amount: int
    lots: tuple[OpenLot, ...] = ()
    takes: tuple[TakeLot, ...] = ()
    restores: tuple[RestoreLot, ...] = ()
    kinds: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if (self.account_id is None) == (self.contra is None):
            raise ValueError("a line names either an account or a contra account")


@dataclass(frozen=True, slots=True)
class Guard:
    """A condition outside the ledger that must hold while the accounts are locked (a card's state, say).

    ``sql`` is one SELECT whose tables are written ``{schema}.table``, with ``$1::bigint[]`` for the subjects and the
    subject as its first column. Requests with the same text share one execution, whatever their number. ``check`` is
    pure: it is given the subject's row (``None`` when there is none) and returns the error to refuse with, or ``None``.
    """

    sql: str
    subject: int
    check: Callable[[tuple[Any, ...] | None], DomainError | None]


Drawn = Mapping[int, Mapping[str, int]]
"""Per account and kind of lot, the amount that left it (positive) or came back to it (negative)."""


@dataclass(frozen=True, slots=True)
class Sequel:
    """Lines that depend on what the request's own lines drew: the points that a payment earns.

    ``lines`` is pure: it is given what was drawn and the guard's row, and returns lines that sum to zero by themselves,
    or none. ``accounts`` are all that it may touch: they are locked with the others. They must open lots or move plain
    balances: what it would draw has not been read.
    """

    accounts: tuple[int, ...]
    lines: Callable[[Drawn, tuple[Any, ...] | None], Sequence[Line]]


@dataclass(frozen=True, slots=True)
class PostingRequest:
    """One business event to be posted once.

    The same ``idempotency_key`` with the same ``request_hash`` (SHA-256 of the caller's request) is a replay and gets
    the stored result; with another hash it is refused. With ``reverses`` set, ``lines`` stay empty: what is undone is
    exactly what that posting did.

    ``looks_at``: accounts that are locked besides those of the lines, because a guard depends on them; the outcome says
    what they hold.
    """

    kind: str
    idempotency_key: str
    request_hash: bytes
    actor: str
    occurred_at: datetime
    lines: tuple[Line, ...] = ()
    store_id: int | None = None
    policy: DrawPolicy = DrawPolicy.EARLIEST_EXPIRY
    reverses: UUID | None = None
    memo: Mapping[str, Any] = field(default_factory=dict)
    guard: Guard | None = None
    sequel: Sequel | None = None
    looks_at: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        if self.occurred_at.tzinfo is None:
            raise ValueError("occurred_at must be aware")
        if len(self.request_hash) != HASH_BYTES:
            raise ValueError(f"request_hash must be the {HASH_BYTES} bytes of a SHA-256")
        if (self.reverses is None) == (not self.lines):
            raise ValueError("a request has lines, or names the posting it reverses")


def request_hash(*parts: str | int | Sequence[Any] | Mapping[str, Any] | None) -> bytes:
    """SHA-256 over the parts of a request that make it the same request: the body, never the time of arrival."""
    return hashlib.sha256(msgspec.json.encode(parts, order="sorted", enc_hook=str)).digest()


def valid_key(key: str) -> bool:
    """Whether the database can hold this idempotency key: 1 to 200 characters, no NUL, no half a character."""
    return 0 < len(key) <= MAX_KEY_LENGTH and is_text(key)


def is_text(value: str) -> bool:
    """Whether PostgreSQL takes it as text: UTF-8 without NUL."""
    try:
        return 0 not in value.encode()
    except UnicodeEncodeError:
        return False
