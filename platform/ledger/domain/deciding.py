"""Deciding a batch: each request in order, on what the ones before it left; a refused one leaves nothing behind."""

import json
from collections.abc import Callable, Sequence
from datetime import datetime
from uuid import UUID

from ledger.domain.drafting import Draft, Ground, Refusal
from ledger.domain.drawing import choose_lots
from ledger.domain.kinds import Unit
from ledger.domain.outcomes import Outcome, Posted, Refused
from ledger.domain.requests import (
    MAX_AMOUNT,
    MAX_KEY_LENGTH,
    MAX_LINES,
    Line,
    OpenLot,
    PostingRequest,
    RestoreLot,
    TakeLot,
    is_text,
    valid_key,
)
from ledger.domain.rows import PostingRow, Writes
from ledger.domain.states import Facts, LotState, PastDraw, PastPosting, StoredPosting

MintId = Callable[[], UUID]

_UNITS = frozenset(Unit.values)
# Made once: json.dumps would make one for every posting.
_MEMO = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def decide(requests: Sequence[PostingRequest], facts: Facts, mint: MintId) -> tuple[list[Outcome], Writes]:
    """Decide each request in order and say what is to be written.

    ``facts`` were read with the accounts locked; ``mint`` gives time-ordered ids, each greater than the one before.
    """
    ground = Ground(facts)
    outcomes = [_decide_one(request, ground, mint) for request in requests]
    return outcomes, ground.writes


def _decide_one(request: PostingRequest, ground: Ground, mint: MintId) -> Outcome:
    stored = ground.stored.get(request.idempotency_key)
    if stored is not None:
        return _replay(request, stored)
    row = None
    if request.guard is not None:
        row = ground.facts.guards[request.guard.sql].get(request.guard.subject)
        if (error := request.guard.check(row)) is not None:
            return Refused(error.code, error.params, error)
    try:
        memo = _storable(request)
        draft = _undo(request.reverses, ground, mint) if request.reverses else _write_lines(request, ground, row, mint)
    except Refusal as refusal:
        return Refused(refusal.code, refusal.params)
    posted = Posted(draft.posting_id, False, _balances(request, draft), draft.drawn, draft.followed)
    ground.keep(draft, _posting_row(request, posted, memo))
    return posted


def _balances(request: PostingRequest, draft: Draft) -> dict[int, int]:
    balances = draft.balances()
    for account_id in request.looks_at:
        if account_id not in balances:
            balances[account_id] = draft.account(account_id).balance
    return balances


def _replay(request: PostingRequest, stored: StoredPosting) -> Outcome:
    if stored.request_hash != request.request_hash:
        return Refused("idempotency_conflict", {"idempotency_key": request.idempotency_key})
    return Posted.again(stored)


def _storable(request: PostingRequest) -> str:
    """The memo as JSON text.

    What the database could not take is refused here, alone: there it would fail the whole batch.
    """
    if not valid_key(request.idempotency_key):
        raise Refusal("idempotency_key_invalid", limit=MAX_KEY_LENGTH)
    if not request.memo:
        return "{}"
    memo = _MEMO.encode(request.memo)
    if "\\u0000" in memo or not is_text(memo):
        raise Refusal("memo_invalid")
    return memo


def _posting_row(request: PostingRequest, posted: Posted, memo: str) -> PostingRow:
    return PostingRow(
        id=posted.posting_id,
        kind=request.kind,
        idempotency_key=request.idempotency_key,
        request_hash=request.request_hash,
        actor=request.actor,
        store_id=request.store_id,
        occurred_at=request.occurred_at,
        reverses_id=request.reverses,
        memo=memo,
        result=posted.stored(),
    )


# ── A posting of lines ────────────────────────────────────────────────────────────────────────────────────────────


def _write_lines(request: PostingRequest, ground: Ground, row: tuple[object, ...] | None, mint: MintId) -> Draft:
    _check_lines(request.lines)
    draft = Draft(ground, mint(), len(request.lines))
    for line_no, line in enumerate(request.lines, start=1):
        _write_line(draft, line_no, line, request, mint)
    if request.sequel is not None and (more := tuple(request.sequel.lines(draft.drawn, row))):
        _check_lines(request.lines + more)
        draft.lengthen(len(more))
        for line_no, line in enumerate(more, start=len(request.lines) + 1):
            _write_line(draft, line_no, line, request, mint)
            if line.account_id is not None:
                draft.followed[line.account_id] = draft.followed.get(line.account_id, 0) + line.amount
    return draft


def _check_lines(lines: tuple[Line, ...]) -> None:
    if len(lines) > MAX_LINES:
        raise Refusal("too_many_lines", limit=MAX_LINES)
    sums: dict[str, int] = {}
    for line in lines:
        parts: tuple[OpenLot | TakeLot | RestoreLot, ...] = (*line.lots, *line.takes, *line.restores)
        if not line.amount or any(part.amount <= 0 for part in parts):
            raise Refusal("amount_not_positive")
        if abs(line.amount) > MAX_AMOUNT:
            raise Refusal("amount_too_large", limit=MAX_AMOUNT)
        if line.unit not in _UNITS:
            raise Refusal("unit_unknown", unit=line.unit)
        sums[line.unit] = sums.get(line.unit, 0) + line.amount
    if any(sums.values()):
        raise Refusal("unbalanced")


def _write_line(draft: Draft, line_no: int, line: Line, request: PostingRequest, mint: MintId) -> None:
    if line.account_id is None:
        if line.lots or line.takes or line.restores:
            raise Refusal("lots_mismatch", account_id=None)
        draft.enter_contra(line_no, line.contra, line.unit, line.amount)
        return
    account = draft.account(line.account_id)
    if account.unit != line.unit:
        raise Refusal("unit_mismatch", account_id=account.id, unit=account.unit)
    if account.lotted:
        _write_lotted(draft, line_no, account.id, line, request, mint)
    elif line.lots or line.takes or line.restores:
        raise Refusal("lots_mismatch", account_id=account.id)
    draft.enter(line_no, account, line.amount)


def _write_lotted(
    draft: Draft, line_no: int, account_id: int, line: Line, request: PostingRequest, mint: MintId
) -> None:
    if (line.lots and (line.takes or line.restores)) or (line.takes and line.restores):
        raise Refusal("lots_mismatch", account_id=account_id)
    if line.takes:
        _take(draft, line_no, account_id, line)
    elif line.restores:
        _restore(draft, line_no, account_id, line)
    elif line.amount < 0:
        _draw(draft, line_no, account_id, line, request)
    elif sum(lot.amount for lot in line.lots) == line.amount:
        for lot in line.lots:
            draft.open(line_no, _opened(mint(), account_id, lot, request.occurred_at))
    else:
        raise Refusal("lots_mismatch", account_id=account_id)


def _draw(draft: Draft, line_no: int, account_id: int, line: Line, request: PostingRequest) -> None:
    moment, amount = request.occurred_at, -line.amount
    usable = [lot for lot in draft.lots_of(account_id) if lot.remaining and _is_live(lot, moment)]
    if line.kinds:
        usable = [lot for lot in usable if lot.kind in line.kinds]
    available = sum(lot.remaining for lot in usable)
    if available < amount:
        raise Refusal("insufficient_balance", account_id=account_id, available=available, needed=amount)
    for lot, part in choose_lots(request.policy, usable, amount):
        draft.draw(line_no, lot, -part)


def _take(draft: Draft, line_no: int, account_id: int, line: Line) -> None:
    """Take the named lots. What has left one of them meanwhile makes the whole request refused."""
    if sum(take.amount for take in line.takes) != -line.amount:
        raise Refusal("lots_mismatch", account_id=account_id)
    for take in line.takes:
        lot = draft.known_lot(take.lot_id)
        if lot is None or lot.account_id != account_id or lot.remaining < take.amount:
            raise Refusal("lots_already_drawn", account_id=account_id)
        draft.draw(line_no, lot, -take.amount)


def _restore(draft: Draft, line_no: int, account_id: int, line: Line) -> None:
    """Give back to the named lots what was drawn from them; more than was drawn is refused."""
    if sum(part.amount for part in line.restores) != line.amount:
        raise Refusal("lots_mismatch", account_id=account_id)
    for part in line.restores:
        lot = draft.known_lot(part.lot_id)
        if lot is None or lot.account_id != account_id or lot.remaining + part.amount > lot.original:
            raise Refusal("lots_mismatch", account_id=account_id)
        draft.draw(line_no, lot, part.amount)


def _is_live(lot: LotState, moment: datetime) -> bool:
    return lot.expires_at is None or lot.expires_at > moment


def _opened(lot_id: UUID, account_id: int, lot: OpenLot, opened_at: datetime) -> LotState:
    return LotState(lot_id, account_id, lot.kind, lot.amount, 0, 0, lot.expires_at, lot.opened_at or opened_at)


# ── A reversal ────────────────────────────────────────────────────────────────────────────────────────────────────


def _reversible(ground: Ground, posting_id: UUID) -> PastPosting:
    past = ground.facts.past.get(posting_id)
    if past is None:
        raise Refusal("posting_not_found", posting_id=str(posting_id))
    if past.reverses is not None:
        raise Refusal("reversal_not_reversible", posting_id=str(posting_id))
    if past.reversed_by is not None or posting_id in ground.reversed:
        raise Refusal("already_reversed", posting_id=str(posting_id))
    return past


def _undo(posting_id: UUID, ground: Ground, mint: MintId) -> Draft:
    """Enter the opposite of each entry and draw, last first, so that each step finds what its original had left."""
    past = _reversible(ground, posting_id)
    draft = Draft(ground, mint(), len(past.entries))
    draws: dict[int, list[PastDraw]] = {}
    for drawn in past.draws:
        draws.setdefault(drawn.line_no, []).append(drawn)
    for line_no, entry in enumerate(sorted(past.entries, reverse=True), start=1):
        if entry.account_id is None:
            draft.enter_contra(line_no, entry.contra, entry.unit, -entry.amount)
            continue
        for drawn in sorted(draws.get(entry.line_no, ()), key=_by_version, reverse=True):
            lot = draft.lot(drawn.lot_id)
            if drawn.amount > lot.remaining:
                raise Refusal("lots_already_drawn", account_id=entry.account_id)
            draft.draw(line_no, lot, -drawn.amount)
        draft.enter(line_no, draft.account(entry.account_id), -entry.amount)
    return draft


def _by_version(drawn: PastDraw) -> int:
    return drawn.version
