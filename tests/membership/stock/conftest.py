"""银杏: six stores, a range of twenty gold cards in the central stock, and the people whose work stock is."""

from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date

import pytest

from kernel.db import in_chain as in_schema
from membership.cards.domain import NumberRange
from membership.documents import services as documents
from membership.documents.models import Document
from membership.members.services import create_member
from membership.stock import services
from membership.stock.models import CardRange
from tenants.chains.models import Chain
from tenants.people.domain import SYSTEM, Actor
from tenants.stores.models import Store

RELEASE = date(2026, 3, 5)
"""Three working days after the held clock's day, Monday 2 March."""


def person(pk: int, name: str) -> Actor:
    """Somebody who may do everything: what is tested here is order and four eyes."""
    return Actor(kind="staff", id=pk, name=name, grants=SYSTEM.grants)


PLANNER, KEEPER, OFFICE, HEAD = person(1, "方略"), person(2, "陈立人"), person(3, "高远"), person(4, "店长")


@dataclass(frozen=True, slots=True)
class Shop:
    """The chain, the keys of its first two stores, and the range."""

    chain: Chain
    store: int
    other: int
    cards: CardRange

    def open(self) -> AbstractContextManager[None]:
        """A transaction in the chain."""
        return in_schema(self.chain.schema_name)

    def issue(self, number: str, store_id: int | None = None) -> object:
        """Issue a card to somebody new."""
        from membership.cards.services import issue_card

        store_id = store_id or self.store
        member = create_member(actor=SYSTEM, name="林静", phone="13900001234", store_id=store_id)
        return issue_card(actor=SYSTEM, number=number, member=member, store_id=store_id)

    def deliver(self, first: int = 1, last: int = 20, *, store_id: int | None = None, reason: str = "") -> Document:
        """Announce cards first … last of the range for ``RELEASE``."""
        return services.deliver(
            actor=PLANNER,
            store_id=store_id or self.store,
            first_number=number(first),
            last_number=number(last),
            planned_on=RELEASE,
            keeper="陈立人",
            reason=reason,
        )

    def receive(self, first: int = 1, last: int = 20) -> None:
        """Deliver and sign for them."""
        documents.complete(actor=KEEPER, number=self.deliver(first, last).number)


def number(place: int) -> str:
    """The number of the range's n-th card."""
    return f"66{place:08d}"


@pytest.fixture
def shop(chain_of_6: Chain, held_clock: object) -> Shop:
    """As this file's docstring says."""
    with in_schema(chain_of_6.schema_name):
        first, second = Store.objects.order_by("pk").values_list("pk", flat=True)[:2]
        cards = services.make_range(
            actor=SYSTEM, level_code="GOLD", numbers=NumberRange(prefix="66", first=1, quantity=20)
        )
    return Shop(chain_of_6, first, second, cards)
