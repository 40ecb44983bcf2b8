"""Reading statements: which there are, and each line of one, out of the ledger and the charges."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from typing import Any
from uuid import UUID

from django.db.models import Q

from billing.accounts.domain import ARREARS, PREPAID, AccountStanding
from billing.accounts.queries import standing_of
from billing.statements.models import Statement
from billing.subscriptions.models import Charge
from billing.subscriptions.services.charging import POSTING_KIND
from ledger.models import Account, Entry


@dataclass(frozen=True, slots=True)
class StatementLine:
    """One line: a charge of a bill with all it was computed from, or a posting that is none.

    ``amount_fen``: positive to the chain's good. The lines of a statement sum to what the account moved.
    """

    posting_id: UUID
    kind: str
    booked_at: datetime
    amount_fen: int
    memo: Mapping[str, Any]
    charge: Charge | None = None


@dataclass(frozen=True, slots=True)
class MonthSoFar:
    """What has moved since the last statement: what the next one will hold."""

    opening: AccountStanding
    closing: AccountStanding
    lines: Sequence[StatementLine]

    @property
    def net_fen(self) -> int:
        """What all of it moved, to the chain's good."""
        return sum(line.amount_fen for line in self.lines)


def statements_of(chain_id: int, *, size: int, before: date | None = None) -> list[Statement]:
    """A chain's statements, the latest first; ``before``: those of earlier months."""
    found = Statement.objects.filter(chain_id=chain_id).order_by("-month")
    return list((found.filter(month__lt=before) if before else found)[:size])


def statement_of(chain_id: int, month: date) -> Statement | None:
    """The chain's statement of a month."""
    return Statement.objects.filter(chain_id=chain_id, month=month).first()


def lines_of(statement: Statement) -> list[StatementLine]:
    """Every line, in the order of booking: three queries, however many there are."""
    covered = (
        (PREPAID, statement.prepaid_from, statement.prepaid_to),
        (ARREARS, statement.arrears_from, statement.arrears_to),
    )
    return _lines(statement.chain_id, covered)


def so_far(chain_id: int) -> MonthSoFar:
    """What is not on a statement yet."""
    last = Statement.objects.filter(chain_id=chain_id).order_by("-month").first()
    since = ((PREPAID, last.prepaid_to if last else 0, None), (ARREARS, last.arrears_to if last else 0, None))
    opening = last.closing if last else AccountStanding()
    return MonthSoFar(opening=opening, closing=standing_of(chain_id), lines=_lines(chain_id, since))


def _lines(chain_id: int, covered: Iterable[tuple[str, int, int | None]]) -> list[StatementLine]:
    accounts = dict(Account.objects.filter(kind__in=(PREPAID, ARREARS), holder_id=chain_id).values_list("kind", "id"))
    if not accounts:
        return []
    wanted = Q()
    for kind, since, until in covered:
        of_account = Q(account_id=accounts[kind], version__gt=since)
        wanted |= of_account & Q(version__lte=until) if until is not None else of_account
    entries = list(Entry.objects.filter(wanted).select_related("posting").order_by("posting_id", "line_no"))
    bills = {entry.posting_id for entry in entries if entry.posting.kind == POSTING_KIND}
    charges: dict[UUID, list[Charge]] = {}
    for charge in Charge.objects.filter(posting_id__in=bills).order_by("pk"):
        charges.setdefault(charge.posting_id, []).append(charge)
    lines: list[StatementLine] = []
    for posting_id, group in groupby(entries, key=lambda entry: entry.posting_id):
        lines += _of_posting(list(group), charges.get(posting_id, []))
    return lines


def _of_posting(entries: Sequence[Entry], charges: Sequence[Charge]) -> list[StatementLine]:
    posting = entries[0].posting
    common: dict[str, Any] = {
        "posting_id": posting.pk,
        "kind": posting.kind,
        "booked_at": posting.created_at,
        "memo": posting.memo,
    }
    if not charges:
        return [StatementLine(amount_fen=sum(entry.amount for entry in entries), **common)]
    return [StatementLine(amount_fen=-charge.amount_fen, charge=charge, **common) for charge in charges]
