"""Reading chains' accounts: how they stand, and what happened on them. In the public schema."""

import heapq
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import QuerySet

from billing.accounts.domain import ARREARS, GRACE, PREPAID, AccountStanding
from billing.accounts.models import Adjustment
from kernel import clock
from ledger.models import Account, Entry
from tenants.chains.models import Chain

PAGE_SIZE = 50


class Cursor(NamedTuple):
    """Where a page of history ended: the last shown version of each account. Everything older comes next."""

    prepaid: int
    arrears: int

    def __str__(self) -> str:
        return f"{self.prepaid}.{self.arrears}"

    @classmethod
    def parse(cls, text: str) -> "Cursor | None":
        """A cursor as it stands in an address; None where it is none."""
        prepaid, dot, arrears = text.partition(".")
        if not dot or not (prepaid + arrears).isascii() or not (prepaid.isdigit() and arrears.isdigit()):
            return None
        return cls(int(prepaid[:10]), int(arrears[:10]))


class Owing(NamedTuple):
    """What an act would leave a chain owing, in fen, and from which day on it would promise its members nothing new."""

    arrears_fen: int
    held_from: date


@dataclass(frozen=True, slots=True)
class HistoryLine:
    """One posting on a chain's accounts. ``amount_fen``: positive to the chain's good, negative charged."""

    posting_id: UUID
    kind: str
    occurred_at: datetime
    amount_fen: int
    after: AccountStanding
    memo: Mapping[str, Any]
    actor: str
    cursor: Cursor


def standing_of(chain_id: int) -> AccountStanding:
    """What the chain has with us and owes us now; nothing at all where it has no accounts yet."""
    return standings([chain_id])[chain_id]


def standings(chain_ids: Collection[int]) -> dict[int, AccountStanding]:
    """The same for many chains, in one query; every chain asked for is in the answer."""
    balances: dict[tuple[int, str], int] = {}
    accounts = Account.objects.filter(kind__in=(PREPAID, ARREARS), holder_id__in=list(chain_ids))
    for holder_id, kind, balance in accounts.values_list("holder_id", "kind", "balance"):
        balances[holder_id, kind] = balance
    return {
        chain_id: AccountStanding(balances.get((chain_id, PREPAID), 0), -balances.get((chain_id, ARREARS), 0))
        for chain_id in chain_ids
    }


def owing_after(chain: Chain, standing: AccountStanding, *, amount_fen: int) -> Owing | None:
    """What an adjustment of so many fen, approved today, would leave owed; None where it is covered, or the chain's
    good. Who owes already keeps her day (``tenants.chains.services.note_arrears``).
    """
    owed = standing.debited(-amount_fen).arrears_fen if amount_fen < 0 else 0
    return Owing(owed, chain.held_from or clock.today() + GRACE) if owed else None


def entries_of(chain_id: int, *, before: Cursor | None = None, limit: int = PAGE_SIZE) -> list[HistoryLine]:
    """The latest ``limit`` postings on the chain's accounts, newest first; ``before``: those older than that line's
    ``cursor``. Three queries, each along an index, whatever the length of the history.
    """
    accounts = dict(Account.objects.filter(kind__in=(PREPAID, ARREARS), holder_id=chain_id).values_list("kind", "id"))
    if not accounts:
        return []
    ends = {PREPAID: before.prepaid, ARREARS: before.arrears} if before else {}
    newest_first = heapq.merge(
        *(_entries(accounts[kind], ends.get(kind), limit) for kind in (PREPAID, ARREARS)),
        key=lambda entry: entry.posting_id,
        reverse=True,
    )
    return list(_lines(newest_first, accounts, ends, limit))


def pending_adjustments() -> QuerySet[Adjustment]:
    """Adjustments nobody has decided on, the oldest first."""
    return Adjustment.objects.filter(decision__isnull=True).select_related("chain", "requested_by").order_by("pk")


def decided_adjustments(*, size: int) -> list[Adjustment]:
    """The latest adjustments that were decided on."""
    decided = Adjustment.objects.filter(decision__isnull=False)
    return list(decided.select_related("chain", "requested_by", "decision__decided_by").order_by("-pk")[:size])


def _entries(account_id: int, below: int | None, limit: int) -> list[Entry]:
    entries = Entry.objects.filter(account_id=account_id).select_related("posting").order_by("-version")
    if below is not None:
        entries = entries.filter(version__lt=below)
    return list(entries[:limit])


def _lines(
    newest_first: Iterator[Entry], accounts: Mapping[str, int], ends: Mapping[str, int], limit: int
) -> Iterator[HistoryLine]:
    """A line for each posting: its entries lie side by side, since both lists are in the order of postings."""
    kinds = {account_id: kind for kind, account_id in accounts.items()}
    # Nothing of an account shown yet: its next page begins at its head.
    lowest = {kind: ends.get(kind, 2**31 - 1) for kind in (PREPAID, ARREARS)}
    group: list[Entry] = []
    count = 0
    for entry in newest_first:
        if group and entry.posting_id != group[0].posting_id:
            yield _line(group, accounts, lowest)
            count += 1
            group = []
            if count == limit:
                return
        group.append(entry)
        if entry.account_id is not None and entry.version is not None:
            lowest[kinds[entry.account_id]] = entry.version
    if group:
        yield _line(group, accounts, lowest)


def _line(group: list[Entry], accounts: Mapping[str, int], lowest: Mapping[str, int]) -> HistoryLine:
    posting = group[0].posting
    # Every posting here looks at both accounts (services), so its result says what both held after it.
    held = {int(account_id): balance for account_id, balance in posting.result["balances"].items()}
    return HistoryLine(
        posting_id=posting.pk,
        kind=posting.kind,
        occurred_at=posting.occurred_at,
        amount_fen=sum(entry.amount for entry in group),
        after=AccountStanding(held.get(accounts[PREPAID], 0), -held.get(accounts[ARREARS], 0)),
        memo=posting.memo,
        actor=posting.actor,
        cursor=Cursor(lowest[PREPAID], lowest[ARREARS]),
    )
