"""Cards whose value ends: words for what the tests of expiry do."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime, timedelta

import pytest

from kernel import clock
from kernel.money import Money
from ledger.domain import Line, OpenLot, PostingRequest, Unit, request_hash
from ledger.models import Account, Lot
from ledger.services import post
from membership.cashier import services as cashier
from membership.expiry.domain import POINTS_CONTRA
from tenants.people.domain import Actor
from tests.conftest import NOON
from tests.membership.conftest import Holder

InChain = Callable[..., AbstractContextManager[None]]


def later(**span: float) -> datetime:
    """A moment after ``NOON``."""
    return NOON + timedelta(**span)


@pytest.fixture
def fill(in_chain: InChain, clerk: Actor, store_id: int) -> Callable[..., None]:
    """``fill(holder, 10_000, 1_000)``: paid and given, at the clock's moment; what is given ends after 12 months."""
    numbers = iter(range(1000))

    def act(holder: Holder, paid_fen: int, bonus_fen: int = 0) -> None:
        with in_chain():
            cashier.top_up(
                actor=clerk,
                card_number=holder.number,
                paid=Money(paid_fen),
                bonus=Money(bonus_fen),
                store_id=store_id,
                idempotency_key=f"fill-{next(numbers)}",
            )

    return act


@pytest.fixture
def spend(in_chain: InChain, clerk: Actor, store_id: int) -> Callable[..., None]:
    """``spend(holder, 500)`` at the clock's moment."""
    numbers = iter(range(1000))

    def act(holder: Holder, fen: int) -> None:
        with in_chain():
            cashier.consume(
                actor=clerk,
                card_number=holder.number,
                amount=Money(fen),
                store_id=store_id,
                idempotency_key=f"spend-{next(numbers)}",
            )

    return act


@pytest.fixture
def earn(in_chain: InChain) -> Callable[..., None]:
    """``earn(holder, 80)``: points, at the clock's moment, straight into the books."""
    numbers = iter(range(1000))

    def act(holder: Holder, points: int, *, expires_at: datetime | None = None) -> None:
        number, account_id = next(numbers), holder.card.points_account_id
        assert account_id is not None
        lots = (OpenLot("POINTS", points, expires_at),)
        lines = (
            Line(account_id, None, Unit.PTS.value, points, lots),
            Line(None, POINTS_CONTRA, Unit.PTS.value, -points),
        )
        with in_chain():
            post(
                PostingRequest("POINTS", f"earn-{number}", request_hash(number), "staff:7", clock.now(), lines),
            )

    return act


@pytest.fixture
def balances(in_chain: InChain) -> Callable[[Holder], tuple[int, int]]:
    """What the books hold on a card: fen and points."""

    def read(holder: Holder) -> tuple[int, int]:
        with in_chain():
            held = dict(Account.objects.values_list("id", "balance"))
        return held[holder.card.stored_account_id or 0], held[holder.card.points_account_id or 0]

    return read


def live_lots(account_id: int | None) -> list[tuple[str, int]]:
    """(kind, remaining) of what is left, as opened."""
    return list(Lot.objects.filter(account_id=account_id, live=True).order_by("id").values_list("kind", "remaining"))
