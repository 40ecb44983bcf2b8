"""The working state of a batch (``Ground``) and of one request (``Draft``), which is kept whole or dropped whole."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from ledger.domain.requests import MAX_AMOUNT
from ledger.domain.rows import DrawRow, EntryRow, LotRow, PostingRow, Writes
from ledger.domain.states import AccountState, Facts, LotState, StoredPosting


class Refusal(Exception):
    """Ends a draft; the request is refused with this code."""

    def __init__(self, code: str, **params: Any) -> None:
        super().__init__(code)
        self.code = code
        self.params = params


class Ground:
    """What the next request of a batch stands on: the facts as the requests accepted before it left them."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self.stored = facts.stored
        self.accounts = facts.accounts
        self.reversed: set[UUID] = set()
        self.writes = Writes()
        self.lots = facts.lots
        self.lots_by_account: dict[int, list[UUID]] = {}
        for lot in facts.lots.values():
            self.lots_by_account.setdefault(lot.account_id, []).append(lot.id)

    def keep(self, draft: "Draft", row: PostingRow) -> None:
        """Make an accepted draft the ground for the next request."""
        writes = self.writes
        writes.postings.append(row)
        writes.entries.extend(draft.entries)
        writes.opened.extend(draft.opened)
        writes.draws.extend(draft.draws)
        writes.accounts.update(draft.accounts)
        writes.lots.update(draft.lots)
        self.accounts.update(draft.accounts)
        self.lots.update(draft.lots)
        for lot in draft.opened:
            self.lots_by_account.setdefault(lot.account_id, []).append(lot.id)
        if row.reverses_id is not None:
            self.reversed.add(row.reverses_id)
        self.stored[row.idempotency_key] = StoredPosting(row.id, row.idempotency_key, row.request_hash, row.result)


class Draft:
    """One request's entries and draws, over a ground that it only reads."""

    def __init__(self, ground: Ground, posting_id: UUID, line_count: int) -> None:
        self._ground = ground
        self.posting_id = posting_id
        self._line_count = line_count
        self.accounts: dict[int, AccountState] = {}
        self.lots: dict[UUID, LotState] = {}
        self.entries: list[EntryRow] = []
        self.opened: list[LotRow] = []
        self.draws: list[DrawRow] = []
        self.drawn: dict[int, dict[str, int]] = {}
        # What the sequel's lines moved, per account.
        self.followed: dict[int, int] = {}

    def lengthen(self, lines: int) -> None:
        """So many more lines follow: each entry says how many its posting has."""
        self._line_count += lines
        self.entries = [entry._replace(line_count=self._line_count) for entry in self.entries]

    def account(self, account_id: int) -> AccountState:
        """The account's head as this request has it so far."""
        account = self.accounts.get(account_id) or self._ground.accounts.get(account_id)
        if account is None:
            raise Refusal("account_not_found", account_id=account_id)
        return account

    def lot(self, lot_id: UUID) -> LotState:
        """The lot's head as this request has it so far."""
        return self.lots.get(lot_id) or self._ground.lots[lot_id]

    def known_lot(self, lot_id: UUID) -> LotState | None:
        """The same; None for a lot that was not read, since nothing is left in it or it is no lot of ours."""
        return self.lots.get(lot_id) or self._ground.lots.get(lot_id)

    def lots_of(self, account_id: int) -> Iterator[LotState]:
        """Every known lot of the account, those of this request included."""
        for lot_id in self._ground.lots_by_account.get(account_id, ()):
            yield self.lot(lot_id)
        for lot in self.opened:
            if lot.account_id == account_id:
                yield self.lots[lot.id]

    def enter_contra(self, line_no: int, contra: str | None, unit: str, amount: int) -> None:
        """An entry on a contra account: no balance."""
        self.entries.append(
            EntryRow(self.posting_id, line_no, self._line_count, None, contra, unit, amount, None, None)
        )

    def enter(self, line_no: int, account: AccountState, amount: int) -> None:
        """An entry on an account, and the account's new head."""
        account_id, unit, lotted, allow_negative, before, version = account
        after = before + amount
        if after < 0 and not allow_negative:
            raise Refusal("insufficient_balance", account_id=account_id, available=before, needed=-amount)
        if abs(after) > MAX_AMOUNT:
            raise Refusal("amount_too_large", limit=MAX_AMOUNT)
        version += 1
        self.accounts[account_id] = AccountState(account_id, unit, lotted, allow_negative, after, version)
        self.entries.append(
            EntryRow(self.posting_id, line_no, self._line_count, account_id, None, unit, amount, version, before)
        )

    def draw(self, line_no: int, lot: LotState, amount: int) -> None:
        """A draw (negative) or restoring (positive) of a lot, and the lot's new head."""
        lot_id, account_id, kind, original, before, version, expires_at, opened_at = lot
        version += 1
        self.lots[lot_id] = LotState(
            lot_id, account_id, kind, original, before + amount, version, expires_at, opened_at
        )
        self.draws.append(DrawRow(lot_id, self.posting_id, line_no, version, amount, before))
        kinds = self.drawn.setdefault(account_id, {})
        kinds[kind] = kinds.get(kind, 0) - amount

    def open(self, line_no: int, lot: LotState) -> None:
        """Open a new lot; its first draw puts its amount in."""
        self.opened.append(
            LotRow(lot.id, lot.account_id, lot.kind, self.posting_id, lot.original, lot.expires_at, lot.opened_at)
        )
        self.lots[lot.id] = lot._replace(remaining=lot.original, version=1)
        self.draws.append(DrawRow(lot.id, self.posting_id, line_no, 1, lot.original, 0))

    def balances(self) -> dict[int, int]:
        """What each touched account holds now."""
        return {account.id: account.balance for account in self.accounts.values()}
