"""The ledger's rules, pure: no database, no clock, no randomness. Given what was found, it says what to write."""

from ledger.domain.deciding import decide
from ledger.domain.drawing import DrawPolicy, choose_lots
from ledger.domain.kinds import Contra, LotKind, Unit
from ledger.domain.outcomes import Outcome, Posted, Refused
from ledger.domain.requests import (
    HASH_BYTES,
    MAX_AMOUNT,
    MAX_KEY_LENGTH,
    MAX_LINES,
    Guard,
    Line,
    OpenLot,
    PostingRequest,
    RestoreLot,
    Sequel,
    TakeLot,
    request_hash,
    valid_key,
)
from ledger.domain.rows import DrawRow, EntryRow, LotRow, PostingRow, Writes
from ledger.domain.states import AccountState, Facts, LotState, PastDraw, PastEntry, PastPosting, StoredPosting

__all__ = [
    "HASH_BYTES",
    "MAX_AMOUNT",
    "MAX_KEY_LENGTH",
    "MAX_LINES",
    "AccountState",
    "Contra",
    "DrawPolicy",
    "DrawRow",
    "EntryRow",
    "Facts",
    "Guard",
    "Line",
    "LotKind",
    "LotRow",
    "LotState",
    "OpenLot",
    "Outcome",
    "PastDraw",
    "PastEntry",
    "PastPosting",
    "Posted",
    "PostingRequest",
    "PostingRow",
    "Refused",
    "RestoreLot",
    "Sequel",
    "StoredPosting",
    "TakeLot",
    "Unit",
    "Writes",
    "choose_lots",
    "decide",
    "request_hash",
    "valid_key",
]
