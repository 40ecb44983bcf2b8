"""Writing card records. Each requires the transaction of the act it tells of."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from kernel.ids import uuid7
from membership.records.domain import RecordKind
from membership.records.models import Record
from tenants.people.domain import Actor


def note(
    actor: Actor,
    *,
    card_id: int,
    kind: RecordKind,
    occurred_at: datetime,
    store_id: int | None = None,
    amount_fen: int = 0,
    balance_after_fen: int | None = None,
    posting_id: UUID | None = None,
    detail: Mapping[str, Any] | None = None,
) -> Record:
    """Write down what happened to a card (R-A09). What a posting did carries the posting's own id."""
    return Record.objects.create(
        id=posting_id or uuid7(),
        card_id=card_id,
        kind=kind,
        amount_fen=amount_fen,
        balance_after_fen=balance_after_fen,
        store_id=store_id,
        actor=str(actor),
        actor_name=actor.name,
        posting_id=posting_id,
        occurred_at=occurred_at,
        detail=dict(detail or {}),
    )
