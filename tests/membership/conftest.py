"""A desk with cards on it: what tests of membership and of its pages begin with."""

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

import pytest

from kernel.db import in_chain
from kernel.money import Money
from membership.cards.domain import NumberRange
from membership.cards.models import Card
from membership.cards.services import issue_card, make_cards
from membership.cashier import services as cashier
from membership.documents import services as documents
from membership.members.models import Member
from membership.members.services import create_member
from tenants.chains.models import Chain
from tenants.people.domain import SYSTEM, Actor
from tenants.stores.models import Store


@dataclass(frozen=True, slots=True)
class Holder:
    """A member with a card of hers and its PIN."""

    member: Member
    card: Card
    pin: str

    @property
    def number(self) -> str:
        return self.card.number


def take_back(record_id: UUID, clerk: Actor, store_id: int, *, by: Actor | None = None) -> None:
    """Take a top-up back as it is done: reported by a fault form, which another approves. In an open transaction."""
    payload = {"record_id": str(record_id), "what_happened": "误充"}
    form = documents.draft(actor=clerk, kind="FAULT", payload=payload, store_id=store_id)
    documents.submit(actor=clerk, number=form.number)
    documents.approve(actor=by or Actor(kind="staff", id=99, name="钱进", grants=SYSTEM.grants), number=form.number)


@pytest.fixture
def store_id(chain: Chain) -> int:
    """The chain's first store."""
    with in_chain(chain.schema_name):
        return Store.objects.order_by("pk").values_list("pk", flat=True)[0]


@pytest.fixture
def clerk() -> Actor:
    """Somebody who may do everything everywhere; who may not is made in the test."""
    return Actor(kind="staff", id=7, name="周晓梅", grants=SYSTEM.grants)


@pytest.fixture
def idle_cards(chain: Chain, clerk: Actor) -> list[str]:
    """Five idle gold cards, 8800000001 to 8800000005."""
    with in_chain(chain.schema_name):
        make_cards(actor=clerk, level_code="GOLD", numbers=NumberRange(prefix="88", first=1, quantity=5))
    return [f"8800000{number:03}" for number in range(1, 6)]


@pytest.fixture
def issue(chain: Chain, clerk: Actor, store_id: int, idle_cards: list[str]) -> Callable[..., Holder]:
    """Issue the next idle card to a new member: ``issue("林静")``."""
    waiting = iter(idle_cards)

    def make(name: str = "林静", phone: str = "13900001234", *, top_up_fen: int = 0) -> Holder:
        number = next(waiting)
        with in_chain(chain.schema_name):
            member = create_member(actor=clerk, name=name, phone=phone, store_id=store_id)
            issued = issue_card(actor=clerk, number=number, member=member, store_id=store_id)
            if top_up_fen:
                cashier.top_up(
                    actor=clerk,
                    card_number=number,
                    paid=Money(top_up_fen),
                    store_id=store_id,
                    idempotency_key=f"first-{number}",
                )
        return Holder(member=member, card=issued.card, pin=issued.pin)

    return make


@pytest.fixture
def holder(issue: Callable[..., Holder]) -> Holder:
    """林静 with a gold card that holds ¥100.00."""
    return issue(top_up_fen=10_000)


@pytest.fixture
def treasury() -> Actor:
    """Who approves what the clerk hands in."""
    return Actor(kind="staff", id=9, name="钱进", grants=SYSTEM.grants)
