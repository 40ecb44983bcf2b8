"""A chain to which rows of everything are added, so that every page of its desk has something to show: one of each, a
few, or many.
"""

from dataclasses import replace
from datetime import timedelta
from typing import Any, Final

from kernel import clock
from kernel.crypto import blind_index, encrypt
from kernel.files.models import StoredFile
from kernel.ids import uuid7
from kernel.money import Money
from membership.applications.models import Application, ApplicationTerms
from membership.buyers.domain import Buyer
from membership.buyers.models import BuyerRegistration
from membership.cards.domain import CardStatus, NumberRange
from membership.cards.models import Card, CardLevel, CardType
from membership.cards.pins import hash_pin
from membership.cards.services import settings as card_settings
from membership.cards.services.issuing import give_to
from membership.cashier import services as cashier
from membership.cashier.buying import Customer
from membership.cashier.models import BonusRule, ChainPolicy, PointsRule
from membership.cashier.tender import Tender
from membership.documents import services as documents
from membership.expiry.models import ClearingNotice, DormantCard, ValidityNotice
from membership.exports.models import Export
from membership.imports.models import Import
from membership.members.domain import DocumentKind, TagColour
from membership.members.models import ID_NUMBER
from membership.members.services import create_member, define_tag, record_document, set_tags
from membership.packages import services as packages
from membership.packages.models import PackageProduct
from membership.requests.models import MemberRequest
from membership.retention.models import Retrieval
from membership.stock import services as stock
from membership.stock.models import WorkDay
from membership.takeover.domain import SUMS
from membership.takeover.models import Takeover
from membership.talks import services as talks
from membership.vehicles.services import VehicleDetails, file_vehicle
from tenants.people.domain import SYSTEM, Actor
from tenants.people.models import User
from tenants.people.queries import actor_of
from tenants.people.services import assign_role, create_api_key, create_role
from tenants.stores.services import open_store

_PIN: Final = "918273"


class Filling:
    """A chain to which rows of everything are added. Each call is in its open transaction."""

    def __init__(self, clerk: Actor, store_id: int) -> None:
        self.clerk, self.store_id, self.rows = clerk, store_id, 0
        self.desk: dict[str, Any] = {"actor": clerk, "store_id": store_id}
        # Who looks at the pages: some show her what she asked for herself.
        self.viewer = actor_of(User.objects.get(owner_id__isnull=False))
        # Hashed once: thirty times is longer than all the rest.
        self.pin_hash = hash_pin(_PIN)
        ChainPolicy.objects.update(signed_limit_fen=10_000_000)
        CardType.objects.update(cards_per_id=None)
        stock.set_policy(actor=clerk, release_when_made=True, announce_days=3, count_cycle="MONTHLY")
        self.first = create_member(name="林一", phone="13900000000", **self.desk)
        self.file = StoredFile.objects.create(
            id=uuid7(), filename="名单.csv", content_type="text/csv", size=1, sha256="0" * 64, created_at=clock.now()
        )
        unused = {"unused_since": clock.today().isoformat(), "months": 12, "notice_days": 30}
        self.dormancy = documents.draft(actor=clerk, kind="DORMANCY", payload=unused)
        self.names: dict[str, str] = {"member": self.first.code, "dormant": self.dormancy.number}

    def up_to(self, rows: int) -> None:
        """Add rows until there are so many of each."""
        while self.rows < rows:
            self.rows += 1
            n = self.rows
            self._settings(n)
            card = self._sold(n)
            self._value(n, card)
            self._notices(n, card)
            self._papers(n, card)
            self._data(n, card)
            self._people(n)

    def _name(self, **keys: object) -> None:
        """What pages are about is the first of each."""
        for name, key in keys.items():
            self.names.setdefault(name, str(key))

    def _settings(self, n: int) -> None:
        open_store(actor=SYSTEM, code=f"S{n:03}", name=f"{n} 号分店", opened_on=clock.today())
        CardLevel.objects.create(code=f"L{n}", name=f"级别{n}", rank=100 + n, validity_months=12)
        values = {"name": f"类型{n}", "kind": "ORDINARY", "member_required": True, "balance_cap_fen": 500_000}
        card_settings.create_type(actor=self.clerk, code=f"T{n}", values=values)
        BonusRule.objects.create(name=f"满{n}送一", min_paid_fen=90_000_000 + n, kind="FIXED", value=100)
        PointsRule.objects.create(name=f"积分{n}", fen_per_point=100 + n, ends_on=clock.today() - timedelta(days=n))
        WorkDay.objects.create(day=clock.today() + timedelta(days=n), worked=False)

    def _sold(self, n: int) -> Card:
        """A member with a document, a vehicle and a tag; a range of cards, of which one is sold. Every card is 林一's:
        her page has as many as the list.
        """
        member = create_member(name=f"林{n}", phone=f"139{n:08}", **self.desk)
        record_document(code=member.code, kind=DocumentKind.PASSPORT, number=f"E{n:08}", **self.desk)
        vehicle = file_vehicle(owner=self.first, details=VehicleDetails(plate=f"沪A{n:05}"), **self.desk)
        tag = define_tag(actor=self.clerk, name=f"标签{n}", colour=TagColour.PLAIN)
        set_tags(code=member.code, tag_ids=[tag.pk], **self.desk)
        talks.write(member=member, text=f"第 {n} 个问题")
        talks.answer(member=self.first, text=f"第 {n} 个回复", **self.desk)
        numbers = NumberRange("66", n * 10 - 9, 5)
        made = stock.make_range(actor=self.clerk, level_code="GOLD", numbers=numbers, store_id=self.store_id)
        stock.draw(level_code="GOLD", quantity=1, drawn_by=f"叶{n}", **self.desk)
        card = Card.objects.select_related("type", "level").get(number=made.first)
        card.status = CardStatus.ACTIVE
        until = clock.today() + timedelta(days=900)
        give_to(card, self.first, store_id=self.store_id, until=until, pin_hash=self.pin_hash)
        self._name(card=card.number, other_member=member.code, vehicle=vehicle.pk, range=made.pk)
        sold = Card.objects.get(pk=card.pk)
        self._name(pin_version=sold.pin_version)
        return sold

    def _value(self, n: int, card: Card) -> None:
        """Of a cashier of her own, so that a day has as many; the first card has as many of everything as the list."""
        by = {"actor": replace(self.clerk, id=1_000 + n, name=f"收银{n}"), "store_id": self.store_id}
        buyer = Buyer(name=f"陈{n}", number=f"G{n:08}", phone=f"138{n:08}", kind=DocumentKind.PASSPORT)
        topped = cashier.top_up(
            card_number=card.number, paid=Money(50_000), customer=Customer(buyer), idempotency_key=f"top-{n}", **by
        )
        first = self.names["card"]
        cashier.top_up(card_number=first, paid=Money(100), idempotency_key=f"more-{n}", **by)
        bill = cashier.pay(
            card_number=card.number, total=Money(2_000), tender=Tender(stored_fen=1_000, signed_fen=1_000),
            idempotency_key=f"bill-{n}", **by,
        )  # fmt: skip
        product = PackageProduct.objects.create(
            name=f"洗车{n}", unit="CNT", quantity=10, price_fen=10_000, validity_months=12
        )
        packages.sell(
            card_number=first, product_id=product.pk, tender=Tender(cash_fen=10_000), idempotency_key=f"sold-{n}", **by
        )
        self._name(top_up=topped.record_id, bill=bill.record_id, buyer=BuyerRegistration.objects.latest("pk").pk)

    def _notices(self, n: int, card: Card) -> None:
        today, now = clock.today(), clock.now()
        ClearingNotice.objects.create(
            card=card, points=n, noticed_on=today, clears_on=today + timedelta(days=30), channel="SHOP"
        )
        ValidityNotice.objects.create(card=card, ends_on=card.valid_until, noticed_on=today)
        DormantCard.objects.create(
            document=self.dormancy, card=card, last_used_at=now, balance_fen=n, points=n, changed_at=now
        )
        asked = MemberRequest.objects.create(kind="REFUND", card=card, said=f"第 {n} 次", asked_at=now)
        self._name(asked=asked.pk)

    def _papers(self, n: int, card: Card) -> None:
        payload = {"number": card.number, "level_code": "SILVER", "reason": "会员申请"}
        paper = documents.draft(kind="CARD_LEVEL", payload=payload, **self.desk)
        documents.submit(actor=self.clerk, number=paper.number)
        self._name(document=paper.number)
        if n == 1:
            kept = documents.draft(kind="CARD_LEVEL", payload=payload | {"level_code": "PLAIN"}, **self.desk)
            wanted = stock.request_cards(
                level_code="GOLD", quantity=10, wanted_on=clock.today() + timedelta(days=20), reason="开业", **self.desk
            )
            for hand in (1, 2):
                approver = replace(self.clerk, id=2_000 + hand, name=f"审批{hand}")
                documents.approve(actor=approver, number=wanted.number)
            self._name(draft=kept.number, wanted=wanted.number)

    def _data(self, n: int, card: Card) -> None:
        now, today = clock.now(), clock.today()
        mine = {"actor": str(self.viewer), "actor_name": self.viewer.name, "store_id": self.store_id}
        mine |= {"created_at": now, "touched_at": now}
        imported = Import.objects.create(kind="MEMBERS", state="CHECKED", file=self.file, rows=n, good=n, **mine)
        exported = Export.objects.create(kind="CARDS", language="zh-hans", state="DONE", file=self.file, **mine)
        retrieved = Retrieval.objects.create(
            card=card, first_day=today, last_day=today, reason="会员查询", language="zh-hans", **mine
        )
        signed = {"first_signer": "staff:3", "second_signer": "staff:4", "first_at": now, "second_at": now}
        sums = dict.fromkeys(SUMS, n)
        taken = Takeover.objects.create(state="DONE", file=self.file, sums=sums, booked=sums, **signed, **mine)
        self._name(imported=imported.pk, exported=exported.pk, retrieved=retrieved.pk, takeover=taken.pk)
        application = Application.objects.create(
            number=f"A{n:09}", state="SUBMITTED", type_id=card.type_id, level_id=card.level_id, name=f"江{n}",
            phone=f"137{n:08}", document_kind=DocumentKind.PASSPORT, masked="E****1", handing="PICK_UP",
            id_number=encrypt(f"E1{n:07}", purpose=ID_NUMBER), number_index=blind_index(f"E1{n:07}", purpose=ID_NUMBER),
            store_id=self.store_id, terms=ApplicationTerms.objects.latest("version"), agreed_at=now, created_at=now,
            submitted_at=now,
        )  # fmt: skip
        self._name(application=application.number)

    def _people(self, n: int) -> None:
        role = create_role(actor=self.clerk, name=f"角色{n}")
        person = User.objects.create(username=f"u{n}", name=f"员工{n}")
        assign_role(actor=self.clerk, user_id=person.pk, role_code=role.code, store_id=self.store_id)
        create_api_key(actor=SYSTEM, name=f"收银{n}", acts=["card.view"], store_id=self.store_id)
        self._name(staff=person.pk, store=self.store_id)
