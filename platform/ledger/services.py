"""What the rest of the house may do with the ledger."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, cast
from uuid import UUID

import psycopg
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.transaction import TransactionManagementError

from ledger import engine
from ledger.domain import Outcome, Posted, PostingRequest, Refused, Writes, request_hash
from ledger.engine import Rider
from ledger.errors import error_of
from ledger.models import Account

if TYPE_CHECKING:
    from kernel.db.base import DatabaseWrapper

REVERSAL = "REVERSAL"


def open_account(
    kind: str, holder_id: int, unit: str, *, lotted: bool = False, allow_negative: bool = False
) -> Account:
    """Open an empty account; ``holder_id`` has one of each ``kind``.

    Raises:
        IntegrityError: the holder has one already.
        ValueError: lotted and allowed to go negative: what lots hold cannot be less than nothing.
    """
    if lotted and allow_negative:
        raise ValueError("a lotted account cannot go negative")
    return Account.objects.create(
        kind=kind, holder_id=holder_id, unit=unit, lotted=lotted, allow_negative=allow_negative
    )


def post_many(
    requests: Sequence[PostingRequest],
    *,
    schema: str,
    connection: "psycopg.Connection[Any] | None" = None,
    rider: Rider | None = None,
) -> list[Outcome]:
    """Post a batch in a transaction of its own, in two trips; one outcome per request, in order.

    A refused request harms no other. ``connection`` is a raw psycopg connection in autocommit; without one, Django's
    default connection is used, which must not be in a transaction. ``rider`` adds writes that commit with the batch.

    Raises:
        ValueError: the connection is in a transaction.
    """
    if connection is not None:
        return engine.post_many(connection, schema=schema, requests=requests, rider=rider)
    wrapper = _wrapper()
    wrapper.ensure_connection()
    with wrapper.wrap_database_errors:
        return engine.post_many(wrapper.connection, schema=schema, requests=requests, rider=rider)


def post_within(requests: Sequence[PostingRequest], *, rider: Rider | None = None) -> list[Outcome]:
    """Post a batch inside the caller's transaction, in the schema it has chosen; refusals are returned, not raised.

    Raises:
        TransactionManagementError: no transaction is open.
    """
    wrapper = _wrapper()
    if not wrapper.in_atomic_block:
        raise TransactionManagementError("posting inside the caller's transaction requires one")
    wrapper.ensure_connection()
    wrapper.validate_no_broken_transaction()
    # The transaction belongs to the chosen schema from here on, though our SQL names it in full.
    wrapper.before_statement()
    with wrapper.wrap_database_errors:
        return engine.post_within(wrapper.connection, schema=wrapper.schema_name, requests=requests, rider=rider)


def post(request: PostingRequest, *, rider: Rider | None = None) -> Posted:
    """Post one event inside the caller's transaction.

    Raises:
        LedgerError: it was refused (or the guard's own error); nothing was written.
        TransactionManagementError: no transaction is open.
    """
    (outcome,) = post_within([request], rider=rider)
    if isinstance(outcome, Refused):
        raise error_of(outcome)
    return outcome


def preview(request: PostingRequest) -> tuple[Outcome, Writes]:
    """What posting the request now would answer and write, by the same rules, in the chosen schema. Writes nothing.

    Raises:
        TransactionManagementError: no transaction is open.
    """
    wrapper = _wrapper()
    if not wrapper.in_atomic_block:
        raise TransactionManagementError("a preview reads within the caller's transaction")
    wrapper.ensure_connection()
    wrapper.before_statement()
    with wrapper.wrap_database_errors:
        return engine.preview(wrapper.connection, schema=wrapper.schema_name, request=request)


def reversal_of(
    posting_id: UUID,
    *,
    idempotency_key: str,
    actor: str,
    occurred_at: datetime,
    store_id: int | None = None,
    memo: Mapping[str, Any] | None = None,
) -> PostingRequest:
    """The request that undoes a posting exactly: its entries, and its draws on the very lots."""
    return PostingRequest(
        kind=REVERSAL,
        idempotency_key=idempotency_key,
        request_hash=request_hash(REVERSAL, str(posting_id)),
        actor=actor,
        occurred_at=occurred_at,
        store_id=store_id,
        reverses=posting_id,
        memo=memo or {},
    )


def reverse(
    posting_id: UUID,
    *,
    idempotency_key: str,
    actor: str,
    occurred_at: datetime,
    store_id: int | None = None,
    memo: Mapping[str, Any] | None = None,
) -> Posted:
    """Reverse a posting inside the caller's transaction.

    Raises:
        AlreadyReversed, ReversalNotReversible, PostingNotFound
        LotsAlreadyDrawn: it opened lots of which something has been used since (R-G06 wants a refund then).
        InsufficientBalance: an account without lots no longer holds what would be taken back.
    """
    return post(
        reversal_of(
            posting_id,
            idempotency_key=idempotency_key,
            actor=actor,
            occurred_at=occurred_at,
            store_id=store_id,
            memo=memo,
        )
    )


def _wrapper() -> "DatabaseWrapper":
    return cast("DatabaseWrapper", connections[DEFAULT_DB_ALIAS])
