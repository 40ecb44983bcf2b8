"""Taking lines from the chains' accounts: one posting a chain, and a charge for each line of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

from django.db.models import Case, F, Value, When

from billing.accounts.domain import Debit
from billing.accounts.services import debit_many
from billing.subscriptions.domain import ChargeKind, Line, Period
from billing.subscriptions.models import Charge, SubscribedModule
from kernel import clock
from ledger.domain import Posted
from ledger.errors import error_of
from tenants.people.domain import SYSTEM, Actor

POSTING_KIND: Final = "BILL"


@dataclass(frozen=True, slots=True)
class Bill:
    """Lines to be taken together from one chain's account."""

    chain_id: int
    key: str
    """Of the posting: the same bill is taken once."""
    lines: Sequence[Line]
    period: Period
    may_owe: bool
    """Whether what the account lacks is written down as owed; else the whole bill is refused."""
    actor: Actor = SYSTEM

    @property
    def total_fen(self) -> int:
        """The sum of the lines."""
        return sum(line.amount_fen for line in self.lines)


def take(bills: Sequence[Bill], *, today: date) -> None:
    """Post the bills in one batch and keep their lines. Bills without lines cost nothing.

    Raises:
        AccountTooLow: a bill that may not be owed is more than the account holds; nothing of any was taken.
    """
    bills = [bill for bill in bills if bill.lines]
    if not bills:
        return
    now = clock.now()
    postings = post_all(
        [
            Debit(
                chain_id=bill.chain_id,
                amount_fen=bill.total_fen,
                key=bill.key,
                kind=POSTING_KIND,
                actor=bill.actor,
                occurred_at=now,
                memo=memo_of(len(bill.lines), bill.period.start, bill.period.end),
                may_owe=bill.may_owe,
            )
            for bill in bills
        ]
    )
    Charge.objects.bulk_create(
        (
            _charge(bill, line, posting_id, today, now)
            for bill, posting_id in zip(bills, postings, strict=True)
            for line in bill.lines
        ),
        batch_size=5_000,
    )


def post_all(debits: Sequence[Debit]) -> list[UUID]:
    """Take every debit in one batch; the postings, in order.

    Raises:
        AccountTooLow, IdempotencyConflict: the first that was refused; nothing of any was taken.
    """
    postings = []
    for outcome in debit_many(debits):
        if not isinstance(outcome, Posted):
            raise error_of(outcome)
        postings.append(outcome.posting_id)
    return postings


def memo_of(lines: int, start: date, end: date) -> dict[str, object]:
    """What a bill's posting says of itself; the charges say the rest."""
    return {"lines": lines, "from": str(start), "to": str(end)}


def note_setups(subscription_id: int, lines: Sequence[Line]) -> None:
    """Remember what was charged for set-ups: it counts for ever (X-07)."""
    paid = {line.module: line.amount_fen for line in lines if line.kind == ChargeKind.SETUP}
    if paid:
        SubscribedModule.objects.filter(subscription_id=subscription_id, module__in=paid).update(
            setup_paid_fen=F("setup_paid_fen")
            + Case(*(When(module=module, then=Value(fen)) for module, fen in paid.items()))
        )


def key_of(chain_id: int, line: Line, period: Period) -> str:
    """What a line is for, in words that another line can never share.

    A set-up is told by how far it has been paid, and calls by how many were, which only ever grow; a month by its
    period and the step it takes.
    """
    if line.kind == ChargeKind.SETUP:
        return f"setup:{chain_id}:{line.module}:{line.credited_fen}-{line.price_fen}"
    if line.kind in {ChargeKind.CALLS, ChargeKind.APPLICATION}:
        return f"calls:{chain_id}:{line.module}:{period.start}:{line.charged_before}+{line.quantity}"
    return f"month:{chain_id}:{line.module}:{period.start}:{line.plan_before or ''}>{line.plan}"


def _charge(bill: Bill, line: Line, posting_id: UUID, today: date, now: datetime) -> Charge:
    period = line.period or bill.period
    return Charge(
        chain_id=bill.chain_id,
        key=key_of(bill.chain_id, line, period),
        kind=line.kind,
        module=line.module,
        plan=line.plan,
        plan_before=line.plan_before or "",
        book=line.book,
        period_start=period.start,
        period_end=period.end,
        price_fen=line.price_fen,
        credited_fen=line.credited_fen,
        quantity=line.quantity,
        days=line.days,
        of_days=line.of_days,
        open_stores=line.open_stores,
        most_stores=line.most_stores,
        amount_fen=line.amount_fen,
        charged_on=today,
        charged_at=now,
        posting_id=posting_id,
    )
