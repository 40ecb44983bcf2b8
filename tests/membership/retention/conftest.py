"""A chain with years of records behind it: words for what the tests of retention do."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date, timedelta
from uuid import UUID

import pytest

from kernel.calendar import start_of
from kernel.ids import uuid7
from membership.records.domain import RecordKind
from membership.records.models import Record
from membership.retention import clearing
from tenants.chains.models import Chain
from tenants.people.domain import Actor
from tests.membership.conftest import Holder
from tests.membership.imports.conftest import private_folder

__all__ = ["private_folder"]

InChain = Callable[..., AbstractContextManager[None]]
Past = Callable[..., list[UUID]]


@pytest.fixture
def past(in_chain: InChain, clerk: Actor, store_id: int) -> Past:
    """``past(holder, date(2025, 11, 3), …)``: one record at noon of each day; their ids. No books behind them."""

    def make(holder: Holder, *days: date, note: str = "") -> list[UUID]:
        rows = [
            Record(
                id=uuid7(),
                card_id=holder.card.pk,
                kind=RecordKind.LOSS,
                store_id=store_id,
                actor=str(clerk),
                actor_name=clerk.name,
                occurred_at=start_of(day) + timedelta(hours=12),
                detail={"note": note or day.isoformat(), "鍵": [1, None, "值"]},
            )
            for day in days
        ]
        with in_chain():
            Record.objects.bulk_create(rows)
        return [row.pk for row in rows]

    return make


@pytest.fixture
def left(in_chain: InChain) -> Callable[[], set[UUID]]:
    """The ids of the records that are in the table."""

    def read() -> set[UUID]:
        with in_chain():
            return set(Record.objects.values_list("pk", flat=True))

    return read


@pytest.fixture
def clear(chain: Chain) -> Callable[..., clearing.Cleared]:
    """Clear the chain now, without resting."""

    def act(*, seconds: float = 60.0) -> clearing.Cleared:
        return clearing.run(chain.schema_name, seconds=seconds, rests=0)

    return act
