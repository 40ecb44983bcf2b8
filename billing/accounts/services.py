"""Moving money on chains' accounts: in the public schema, inside the caller's transaction."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.transaction import TransactionManagementError

from billing.accounts.domain import (
    ARREARS,
    GRACE,
    PREPAID,
    AccountStanding,
    AccountTooLow,
    Debit,
    credit_kind,
)
from billing.accounts.locks import Held, hold_accounts
from kernel import clock
from kernel.db import PUBLIC_SCHEMA
from kernel.money import Money
from ledger import services as ledger
from ledger.domain import Line, Outcome, Posted, PostingRequest, Refused, Unit, request_hash
from ledger.errors import error_of
from ledger.models import Posting
from tenants.chains.services import note_arrears
from tenants.people.domain import Actor

# What is there already is left alone and costs no number of the sequence.
_OPEN = """
    INSERT INTO ledger_account (kind, holder_id, unit, lotted, allow_negative, balance, version)
    SELECT new.kind, holder.id, 'CNY', false, new.allow_negative, 0, 0
    FROM unnest(%(chain_ids)s::bigint[]) AS holder (id)
    CROSS JOIN (VALUES (%(prepaid)s, false), (%(arrears)s, true)) AS new (kind, allow_negative)
    WHERE NOT EXISTS (
        SELECT FROM ledger_account AS account WHERE account.kind = new.kind AND account.holder_id = holder.id)
    ORDER BY holder.id, new.kind
    ON CONFLICT (kind, holder_id) DO NOTHING"""


def open_accounts(*, chain_ids: Collection[int]) -> None:
    """Open both accounts of every chain that lacks them, in one statement; can be repeated."""
    _require_public()
    with connection.cursor() as cursor:
        cursor.execute(_OPEN, {"chain_ids": sorted(set(chain_ids)), "prepaid": PREPAID, "arrears": ARREARS})


def credit(
    *,
    chain_id: int,
    amount_fen: int,
    key: str,
    source: str,
    actor: Actor,
    occurred_at: datetime,
    memo: Mapping[str, Any] | None = None,
    kind: str | None = None,
) -> Posted:
    """Put money on the chain's account: what it owes is paid first, the rest is prepaid (R-A20).

    ``key`` is unique for ever: the same credit again is answered with the first posting (``replayed``). ``source`` is
    a ``Contra``: where the money came from; ``kind`` names the posting where that does not say enough.

    Raises:
        IdempotencyConflict: the key names another credit.
        ValueError: the amount is not positive, or no money comes from that source.
    """
    if amount_fen <= 0:
        raise ValueError("a credit brings something")
    held = _hold([chain_id])[chain_id]
    paid = held.standing.arrears_fen - held.standing.credited(amount_fen).arrears_fen
    kind = kind or credit_kind(source)
    request = PostingRequest(
        kind=kind,
        idempotency_key=key,
        request_hash=request_hash(kind, chain_id, amount_fen, str(source)),
        actor=str(actor),
        occurred_at=occurred_at,
        lines=tuple(_lines(held, arrears=paid, prepaid=amount_fen - paid, contra=source)),
        memo=memo or {},
        looks_at=(held.prepaid_id, held.arrears_id),
    )
    posted = ledger.post(request)
    if not posted.replayed and paid and paid == held.standing.arrears_fen:
        note_arrears(owing=[], settled=[chain_id], held_from=clock.today())
    return posted


def debit_many(debits: Sequence[Debit]) -> list[Outcome]:
    """Charge chains, each debit once: from the prepaid account, and what that does not cover becomes arrears where the
    debit ``may_owe``; one outcome each, in order. Thousands of chains take the statements that one takes.

    Several debits of a chain are decided in their order. A refusal (``account_too_low``, ``idempotency_conflict``)
    harms no other; ``ledger.errors.error_of`` makes an error of it.
    """
    held = _hold({debit.chain_id for debit in debits})
    decided = list(_decide(debits, held))
    posted = iter(ledger.post_within([request for request in decided if isinstance(request, PostingRequest)]))
    outcomes = [next(posted) if isinstance(request, PostingRequest) else request for request in decided]
    owing = {
        debit.chain_id
        for debit, outcome in zip(debits, outcomes, strict=True)
        if isinstance(outcome, Posted) and not outcome.replayed and outcome.balances[held[debit.chain_id].arrears_id]
    }
    note_arrears(owing=owing, settled=[], held_from=clock.today() + GRACE)
    return outcomes


def debit(charge: Debit) -> Posted:
    """Charge one chain.

    Raises:
        AccountTooLow, IdempotencyConflict
    """
    (outcome,) = debit_many([charge])
    if isinstance(outcome, Refused):
        raise error_of(outcome)
    return outcome


def _decide(debits: Sequence[Debit], held: Mapping[int, Held]) -> Iterator[PostingRequest | Refused]:
    """What to post for each debit, on what the ones before it leave."""
    # Replays move nothing, so they must not be counted against what follows them. Read after the lock.
    known = set(
        Posting.objects.filter(idempotency_key__in=[debit.key for debit in debits]).values_list(
            "idempotency_key", flat=True
        )
    )
    now = {chain_id: accounts.standing for chain_id, accounts in held.items()}
    for debit in debits:
        before = now[debit.chain_id]
        if debit.key not in known:
            if not debit.may_owe and before.prepaid_fen < debit.amount_fen:
                yield _too_low(debit, before)
                continue
            now[debit.chain_id] = before.debited(debit.amount_fen)
            known.add(debit.key)
        yield _charge(debit, held[debit.chain_id], before)


def _charge(debit: Debit, held: Held, before: AccountStanding) -> PostingRequest:
    after = before.debited(debit.amount_fen)
    return PostingRequest(
        kind=debit.kind,
        idempotency_key=debit.key,
        request_hash=request_hash(debit.kind, debit.chain_id, debit.amount_fen, str(debit.contra)),
        actor=str(debit.actor),
        occurred_at=debit.occurred_at,
        lines=tuple(
            _lines(
                held,
                arrears=before.arrears_fen - after.arrears_fen,
                prepaid=after.prepaid_fen - before.prepaid_fen,
                contra=debit.contra,
            )
        ),
        memo=debit.memo,
        looks_at=(held.prepaid_id, held.arrears_id),
    )


def _too_low(debit: Debit, before: AccountStanding) -> Refused:
    error = AccountTooLow(needed=Money(debit.amount_fen), available=Money(before.prepaid_fen))
    return Refused(error.code, error.params, error)


def _lines(held: Held, *, arrears: int, prepaid: int, contra: str) -> Iterator[Line]:
    if arrears:
        yield Line(held.arrears_id, None, Unit.CNY, arrears)
    if prepaid:
        yield Line(held.prepaid_id, None, Unit.CNY, prepaid)
    yield Line(None, str(contra), Unit.CNY, -arrears - prepaid)


def _hold(chain_ids: Collection[int]) -> dict[int, Held]:
    """Both accounts of every chain, opened where they are missing, and locked by one statement."""
    _require_public()
    open_accounts(chain_ids=chain_ids)
    return hold_accounts(chain_ids)


def _require_public() -> None:
    """A chain's ledger is not the chains' ledger, though its tables have the same names."""
    if not transaction.get_connection().in_atomic_block:
        raise TransactionManagementError("chains' accounts move inside the caller's transaction")
    if connection.schema_name != PUBLIC_SCHEMA:  # type: ignore[attr-defined]
        raise ValueError("chains' accounts stand in the public schema")
