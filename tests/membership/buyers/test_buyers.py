"""Who buys and tops up cards for others is registered in full (单用途商业预付卡管理办法 15), and forgotten in time."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime, timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from kernel import clock
from kernel.errors import DomainError
from kernel.money import Money
from ledger.models import Posting
from membership.buyers import queries, services
from membership.buyers.domain import Buyer
from membership.buyers.models import BuyerRegistration
from membership.cards.domain import NumberRange
from membership.cards.models import Card, CardType
from membership.cards.services import issue_card, make_cards
from membership.cards.services.issuing import give_to
from membership.cashier import services as cashier
from membership.cashier.buying import HERSELF, Customer
from membership.cashier.domain import Receipt
from membership.members.domain import DocumentKind
from membership.members.services import create_member, export_of, record_document
from tenants.audit.models import AuditEntry
from tenants.people.domain import SYSTEM, Actor, NotAllowed
from tests.membership.conftest import Holder

InChain = Callable[..., AbstractContextManager[None]]

NUMBER = "11010519491231002X"
OTHER = "440524188001010014"
AGENT = Buyer(name=" 陈 立 ", number="11010519491231002x", phone="139 1111 2222")


def top_up(clerk: Actor, number: str, store_id: int, fen: int, key: str, customer: Customer = HERSELF) -> Receipt:
    return cashier.top_up(
        actor=clerk, card_number=number, paid=Money(fen), store_id=store_id, idempotency_key=key, customer=customer
    )


def test_an_agent_is_kept_with_the_top_up_sealed_and_once(
    in_chain: InChain, clerk: Actor, store_id: int, holder: Holder
) -> None:
    with in_chain():
        receipt = top_up(clerk, holder.number, store_id, 5_000, "one", Customer(AGENT))
        again = top_up(clerk, holder.number, store_id, 5_000, "one", Customer(AGENT))
        assert again.replayed
        kept = BuyerRegistration.objects.get()
        assert (kept.role, kept.deed, kept.record_id, kept.amount_fen) == ("AGENT", "TOP_UP", receipt.record_id, 5_000)
        assert (kept.name, kept.phone, kept.masked) == ("陈 立", "+8613911112222", "****************2X")
        assert kept.plain_number() == NUMBER
        assert NUMBER not in kept.number
        assert kept.kept_until.year == clock.today().year + 5
        assert NUMBER not in str(list(AuditEntry.objects.values_list("detail", flat=True)))
        assert [found.pk for found in queries.search_buyers(id_number="110105 19491231 002x")] == [kept.pk]
        assert [found.pk for found in queries.page_of_buyers(queries.search_buyers(holder.number), size=5)] == [kept.pk]


@pytest.mark.parametrize(
    ("buyer", "code"),
    [
        (Buyer(name="", number=NUMBER, phone="13911112222"), "buyer_incomplete"),
        (Buyer(name="陈立", number="", phone="13911112222"), "buyer_incomplete"),
        (Buyer(name="陈立", number=NUMBER, phone=" "), "buyer_incomplete"),
        (Buyer(name="陈立", number="110105194912310021", phone="13911112222"), "invalid_id_number"),
        (Buyer(name="陈立", number=NUMBER, phone="12"), "buyer_phone_invalid"),
        (Buyer(name="林静", number=OTHER, phone="13900001234"), "buyer_is_member"),
    ],
)
def test_half_of_an_agent_is_none_and_nothing_is_put_on_the_card(
    in_chain: InChain, clerk: Actor, store_id: int, holder: Holder, buyer: Buyer, code: str
) -> None:
    with in_chain():
        record_document(
            actor=clerk, code=holder.member.code, kind=DocumentKind.ID_CARD, number=OTHER, store_id=store_id
        )
        before = Posting.objects.count()
        with pytest.raises(DomainError) as refused, transaction.atomic():
            top_up(clerk, holder.number, store_id, 5_000, "one", Customer(buyer))
        assert refused.value.code == code
        assert (Posting.objects.count(), BuyerRegistration.objects.count()) == (before, 0)


def test_where_the_type_wants_names_an_agent_does_not_replace_the_members(
    in_chain: InChain, clerk: Actor, store_id: int, holder: Holder
) -> None:
    with in_chain():
        CardType.objects.filter(pk=holder.card.type_id).update(real_name=True)
        with pytest.raises(DomainError) as refused, transaction.atomic():
            top_up(clerk, holder.number, store_id, 5_000, "one", Customer(AGENT))
        assert refused.value.code == "registration_incomplete"
        top_up(clerk, holder.number, store_id, 5_000, "two")


def test_who_fetches_a_card_for_a_member_is_registered_with_it(
    in_chain: InChain, clerk: Actor, store_id: int, idle_cards: list[str]
) -> None:
    with in_chain():
        member = create_member(actor=clerk, name="林静", phone="13900001234", store_id=store_id)
        issued = issue_card(actor=clerk, number=idle_cards[0], member=member, store_id=store_id, buyer=AGENT)
        kept = BuyerRegistration.objects.get()
    assert (kept.role, kept.deed, kept.card_id, kept.record_id) == ("AGENT", "ISSUE", issued.card.pk, None)


@pytest.fixture
def gifts(in_chain: InChain, clerk: Actor, store_id: int) -> list[str]:
    """Twelve gift cards in nobody's name."""
    numbers = [f"77{number:08}" for number in range(1, 13)]
    with in_chain():
        make_cards(actor=clerk, level_code="PLAIN", type_code="GIFT", numbers=NumberRange("77", 1, 12))
        card = issue_card(actor=clerk, number=numbers[0], member=None, store_id=store_id).card
        for number in numbers[1:]:
            # One PIN for all: hashing twelve is all the time of the test.
            again = Card.objects.get(number=number)
            again.status = card.status
            give_to(again, None, store_id=store_id, until=card.valid_until, pin_hash=card.pin_hash)
    return numbers


def test_bearer_cards_for_ten_thousand_at_once_want_their_buyer(
    in_chain: InChain, clerk: Actor, store_id: int, gifts: list[str], held_clock: datetime
) -> None:
    with in_chain():
        sold = [top_up(clerk, number, store_id, 100_000, number) for number in gifts[:9]]
        with pytest.raises(DomainError) as refused, transaction.atomic():
            top_up(clerk, gifts[9], store_id, 100_000, "tenth")
        assert refused.value.code == "buyer_unregistered"
        assert not BuyerRegistration.objects.exists()
        # Another cashier's counter is another purchase, and so are different customers of one.
        other = Actor(kind="staff", id=8, name="李娜", grants=SYSTEM.grants)
        top_up(other, gifts[10], store_id, 100_000, "elsewhere")
        receipt = top_up(clerk, gifts[9], store_id, 100_000, "tenth", Customer(AGENT))
        kept = BuyerRegistration.objects.get()
        assert (kept.role, kept.amount_fen, kept.record_id) == ("BUYER", 1_000_000, receipt.record_id)
        assert kept.covers == [str(one.record_id) for one in sold]
        # What has its buyer is not counted again.
        top_up(clerk, gifts[11], store_id, 100_000, "eleventh")


def test_several_customers_are_said_to_be_several(
    in_chain: InChain, clerk: Actor, store_id: int, gifts: list[str], held_clock: datetime
) -> None:
    with in_chain():
        for number in gifts[:9]:
            top_up(clerk, number, store_id, 100_000, number)
        top_up(clerk, gifts[9], store_id, 100_000, "tenth", Customer(several=True))
        assert top_up(clerk, gifts[9], store_id, 100_000, "tenth").replayed
        assert not BuyerRegistration.objects.exists()


def test_a_number_is_read_with_a_reason_by_whoever_may(
    in_chain: InChain, clerk: Actor, store_id: int, holder: Holder
) -> None:
    with in_chain():
        top_up(clerk, holder.number, store_id, 5_000, "one", Customer(AGENT))
        kept = BuyerRegistration.objects.get()
        nobody = Actor(kind="staff", id=9, name="新人")
        with pytest.raises(NotAllowed), transaction.atomic():
            services.reveal_buyer(actor=nobody, registration_id=kept.pk, reason="派出所来函", store_id=store_id)
        assert not AuditEntry.objects.filter(act="buyer.reveal").exists()
        number = services.reveal_buyer(actor=clerk, registration_id=kept.pk, reason="派出所来函", store_id=store_id)
        entry = AuditEntry.objects.get(act="buyer.reveal")
    assert number == NUMBER
    assert entry.detail == {"registration": kept.pk, "document": "ID_CARD", "reason": "派出所来函"}


def test_after_five_years_it_is_gone(in_chain: InChain, clerk: Actor, store_id: int, holder: Holder) -> None:
    with in_chain():
        top_up(clerk, holder.number, store_id, 5_000, "one", Customer(AGENT))
        assert services.forget_buyers(actor=SYSTEM) == 0
        BuyerRegistration.objects.update(kept_until=clock.today() - timedelta(days=1))
        assert services.forget_buyers(actor=SYSTEM) == 1
        assert not BuyerRegistration.objects.exists()
        assert AuditEntry.objects.get(act="buyer.forget").detail == {"count": 1}


def test_a_member_is_told_what_she_bought_for_others(
    in_chain: InChain, clerk: Actor, store_id: int, issue: Callable[..., Holder]
) -> None:
    holder, agent = issue(), issue("陈立", "13911112222")
    with in_chain():
        record_document(
            actor=clerk, code=agent.member.code, kind=DocumentKind.ID_CARD, number=NUMBER, store_id=store_id
        )
        top_up(clerk, holder.number, store_id, 5_000, "one", Customer(AGENT))
        told = export_of(actor=clerk, code=agent.member.code, reason="本人申请", store_id=store_id)
        others = export_of(actor=clerk, code=holder.member.code, reason="本人申请", store_id=store_id)
    assert [(one["deed"], one["amount_fen"]) for one in told["bought_for_others"]] == [("充值", 5_000)]
    assert others["bought_for_others"] == []


def test_the_table_takes_no_number_in_clear(in_chain: InChain, clerk: Actor, store_id: int, holder: Holder) -> None:
    with in_chain():
        top_up(clerk, holder.number, store_id, 5_000, "one", Customer(AGENT))
        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("UPDATE buyers_buyerregistration SET number = %s", [NUMBER])
