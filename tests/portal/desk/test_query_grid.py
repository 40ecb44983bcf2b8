"""No page of the desk asks once a row: three rows and thirty take the same statements."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Final

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from kernel import clock
from kernel.money import Money
from membership.buyers.domain import Buyer
from membership.cards.domain import CardStatus, NumberRange
from membership.cards.models import Card, CardType
from membership.cards.pins import hash_pin
from membership.cards.services.issuing import give_to
from membership.cashier import services as cashier
from membership.cashier.buying import Customer
from membership.cashier.models import ChainPolicy
from membership.cashier.tender import Tender
from membership.documents import services as documents
from membership.expiry.models import ClearingNotice, ValidityNotice
from membership.members.domain import DocumentKind, TagColour
from membership.members.services import create_member, define_tag, record_document, set_tags
from membership.packages.models import PackageProduct
from membership.stock import services as stock
from membership.vehicles.services import VehicleDetails, file_vehicle
from tenants.people.domain import SYSTEM, Actor
from tenants.people.models import User
from tenants.people.services import assign_role, create_api_key, create_role

InChain = Callable[..., AbstractContextManager[None]]

FEW, MANY = 3, 30
LISTS: Final = (
    "/desk/", "/desk/cards/", "/desk/cards/?type=ORDINARY", "/desk/cards/types/",
    "/desk/members/", "/desk/members/search/?q=林", "/desk/members/tags/", "/desk/members/duplicates/",
    "/desk/vehicles/", "/desk/buyers/",
    "/desk/value/signed/", "/desk/value/packages/products/", "/desk/expiry/", "/desk/expiry/cards/", "/desk/dormancy/",
    "/desk/documents/", "/desk/documents/?which=all",
    "/desk/stock/", "/desk/stock/ranges/", "/desk/stock/draw/", "/desk/stock/count/",
    "/desk/staff/", "/desk/roles/", "/desk/stores/", "/desk/api-keys/", "/desk/audit/", "/desk/day/",
    "/desk/find/?q=林",
    "/desk/members/M000001/", "/desk/cards/6600000001/", "/desk/till/card/?card=6600000001",
)  # fmt: skip
"""Every page that shows one thing after another, of which a busy chain has many."""

_PIN: Final = "918273"


class Filling:
    """A chain to which rows of everything are added."""

    def __init__(self, clerk: Actor, store_id: int) -> None:
        self.clerk, self.store_id, self.rows = clerk, store_id, 0
        self.desk = {"actor": clerk, "store_id": store_id}
        # Hashed once: thirty times is longer than all the rest.
        self.pin_hash = hash_pin(_PIN)
        ChainPolicy.objects.update(signed_limit_fen=10_000_000)
        CardType.objects.update(cards_per_id=None)
        self.first = create_member(name="林一", phone="13900000000", **self.desk)

    def up_to(self, rows: int) -> None:
        """Add rows until there are so many of each."""
        while self.rows < rows:
            self.rows += 1
            self._add(self.rows)

    def _add(self, n: int) -> None:
        member = create_member(name=f"林{n}", phone=f"139{n:08}", **self.desk)
        record_document(code=member.code, kind=DocumentKind.PASSPORT, number=f"E{n:08}", **self.desk)
        file_vehicle(owner=self.first, details=VehicleDetails(plate=f"沪A{n:05}"), **self.desk)
        tag = define_tag(actor=self.clerk, name=f"标签{n}", colour=TagColour.PLAIN)
        set_tags(code=member.code, tag_ids=[tag.pk], **self.desk)
        made = stock.make_range(
            actor=self.clerk, level_code="GOLD", numbers=NumberRange("66", n * 10 - 9, 5), store_id=self.store_id
        )
        number = made.first
        stock.draw(level_code="GOLD", quantity=1, drawn_by=f"叶{n}", **self.desk)
        self._issue(number)
        money = {"card_number": number, "idempotency_key": f"top-{n}", **self.desk}
        buyer = Buyer(name=f"陈{n}", number=f"G{n:08}", phone=f"138{n:08}", kind=DocumentKind.PASSPORT)
        cashier.top_up(paid=Money(50_000), customer=Customer(buyer), **money)
        bill = {"card_number": number, "idempotency_key": f"bill-{n}", **self.desk}
        cashier.pay(total=Money(2_000), tender=Tender(stored_fen=1_000, signed_fen=1_000), **bill)
        PackageProduct.objects.create(name=f"洗车{n}", unit="CNT", quantity=10, price_fen=10_000, validity_months=12)
        today = clock.today()
        ClearingNotice.objects.create(
            card=Card.objects.get(number=number), points=n, noticed_on=today, clears_on=today + timedelta(days=30),
            channel="SHOP",
        )  # fmt: skip
        ending = Card.objects.get(number=number)
        ValidityNotice.objects.create(card=ending, ends_on=ending.valid_until, noticed_on=today)
        payload = {"number": number, "level_code": "SILVER", "reason": "会员申请"}
        paper = documents.draft(kind="CARD_LEVEL", payload=payload, **self.desk)
        documents.submit(actor=self.clerk, number=paper.number)
        role = create_role(actor=self.clerk, name=f"角色{n}")
        person = User.objects.create(username=f"u{n}", name=f"员工{n}")
        assign_role(actor=self.clerk, user_id=person.pk, role_code=role.code, store_id=self.store_id)
        create_api_key(actor=SYSTEM, name=f"收银{n}", acts=["card.view"], store_id=self.store_id)

    def _issue(self, number: str) -> None:
        """Every card is 林一's: her page has as many as the list."""
        card = Card.objects.select_related("type", "level").get(number=number)
        card.status = CardStatus.ACTIVE
        until = clock.today() + timedelta(days=900)
        give_to(card, self.first, store_id=self.store_id, until=until, pin_hash=self.pin_hash)


@pytest.fixture
def filling(in_chain: InChain, clerk: Actor, store_id: int) -> Filling:
    with in_chain():
        return Filling(clerk, store_id)


def _statements(browser: Client, path: str) -> int:
    with CaptureQueriesContext(connection) as captured:
        answer = browser.get(path)
    assert answer.status_code == 200, path
    # The host's look-up is remembered for seconds.
    return sum("chains_domain" not in query["sql"] for query in captured.captured_queries)


def test_thirty_rows_take_the_statements_of_three(owner_at_desk: Client, in_chain: InChain, filling: Filling) -> None:
    asked = {}
    for rows in (FEW, MANY):
        with in_chain():
            filling.up_to(rows)
        # The first look at a page fills what is remembered between requests.
        for path in LISTS:
            owner_at_desk.get(path)
        asked[rows] = {path: _statements(owner_at_desk, path) for path in LISTS}
    more = {path: (asked[FEW][path], asked[MANY][path]) for path in LISTS if asked[MANY][path] > asked[FEW][path]}
    assert more == {}
