"""The validity adjustment document (R-C03): what it asks, what its approval does, what taking it back does."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date, timedelta
from typing import Any

import pytest

from kernel import clock
from kernel.errors import DomainError
from membership.cards import services
from membership.cards.models import Card
from membership.documents import services as documents
from membership.documents.models import Document
from membership.records.models import Record
from tenants.audit.models import AuditEntry
from tenants.people.domain import SYSTEM, Act, Actor
from tests.membership.conftest import Holder

InChain = Callable[..., AbstractContextManager[None]]

CHECKER = Actor(kind="staff", id=8, name="陈立人", grants=SYSTEM.grants)


def _days(number: str) -> tuple[date | None, date | None]:
    card = Card.objects.get(number=number)
    return card.valid_until, card.account_valid_until


@pytest.fixture
def ask(clerk: Actor, store_id: int) -> Callable[..., Document]:
    """``ask(numbers, until, shift="EARLIER")``: the document, handed in."""

    def hand_in(numbers: list[str], until: date, *, shift: str = "LATER", with_account: bool = False) -> Document:
        payload: dict[str, Any] = {"numbers": numbers, "shift": shift, "until": until.isoformat(), "reason": "补偿"}
        payload |= {"with_account": with_account}
        drafted = documents.draft(actor=clerk, kind="CARD_VALIDITY", payload=payload, store_id=store_id)
        return documents.submit(actor=clerk, number=drafted.number)

    return hand_in


def test_approved_it_moves_the_end_of_the_cards_and_unapproved_back(
    in_chain: InChain, issue: Callable[..., Holder], ask: Callable[..., Document]
) -> None:
    """R-C03, R-C05: both dates together where it is asked, each on the trail and as a record of the card."""
    one, two = issue("林静").number, issue("林强", "13900001235").number
    with in_chain():
        before = _days(one)
        assert before[0] is not None
        until = before[0] + timedelta(days=30)
        paper = ask([one, two, f" {one[:4]} {one[4:]} "], until, with_account=True)
        assert [line["number"] for line in paper.payload["planned"]] == [one, two]
        assert _days(one) == before
        with pytest.raises(DomainError, match="另一个人"):
            documents.approve(actor=Actor(kind="staff", id=7, grants=SYSTEM.grants), number=paper.number)
    with in_chain():
        documents.approve(actor=CHECKER, number=paper.number)
        assert _days(one) == _days(two) == (until, until)
        assert AuditEntry.objects.filter(act=Act.CARD_VALIDITY, detail__document=paper.number).count() == 4
        assert Record.objects.filter(kind="VALIDITY", card__number=one).count() == 2
    with in_chain():
        documents.unapprove(actor=CHECKER, number=paper.number, reason="办错")
        assert _days(one) == _days(two) == before


def test_the_direction_is_meant(
    in_chain: InChain, holder: Holder, ask: Callable[..., Document], clerk: Actor, store_id: int
) -> None:
    with in_chain():
        now = _days(holder.number)[0]
    assert now is not None
    wrong: list[tuple[str, date, type[DomainError]]] = [
        ("LATER", now, services.ShiftWrong),
        ("LATER", now - timedelta(days=1), services.ShiftWrong),
        ("EARLIER", now + timedelta(days=1), services.ShiftWrong),
        ("EARLIER", clock.today() - timedelta(days=1), services.InvalidValidity),
    ]
    for shift, until, refused in wrong:
        with in_chain(), pytest.raises(refused):
            ask([holder.number], until, shift=shift)
    with in_chain():
        paper = ask([holder.number], clock.today() + timedelta(days=40), shift="EARLIER")
        account = _days(holder.number)[1]
        documents.approve(actor=CHECKER, number=paper.number)
        assert _days(holder.number) == (clock.today() + timedelta(days=40), account)


def test_what_changed_meanwhile_is_not_overwritten(
    in_chain: InChain, holder: Holder, ask: Callable[..., Document], clerk: Actor, store_id: int
) -> None:
    with in_chain():
        now = _days(holder.number)[0]
        assert now is not None
        until, other = now + timedelta(days=30), now + timedelta(days=60)
        paper = ask([holder.number], until)
        services.adjust_account_expiry(actor=clerk, numbers=[holder.number], until=other, store_id=store_id)
    with in_chain(), pytest.raises(services.ValidityMoved):
        documents.approve(actor=CHECKER, number=paper.number)
    with in_chain():
        assert _days(holder.number) == (now, other)
        documents.reject(actor=CHECKER, number=paper.number, reason="账户已改")
        documents.submit(actor=clerk, number=paper.number)
        documents.approve(actor=CHECKER, number=paper.number)
        later = ask([holder.number], other)
        documents.approve(actor=CHECKER, number=later.number)
    with in_chain(), pytest.raises(services.ValidityMoved):
        documents.unapprove(actor=CHECKER, number=paper.number, reason="办错")
    with in_chain():
        assert _days(holder.number) == (other, other)


def test_a_card_that_had_expired_serves_again(in_chain: InChain, holder: Holder, ask: Callable[..., Document]) -> None:
    """X-12: moved into the future, both dates run, and nobody has to re-activate it by hand."""
    gone = clock.today() - timedelta(days=3)
    with in_chain():
        Card.objects.filter(number=holder.number).update(valid_until=gone)
        assert services.expire_cards(on=clock.today()) == 1
        paper = ask([holder.number], clock.today() + timedelta(days=30))
        documents.approve(actor=CHECKER, number=paper.number)
        assert Card.objects.get(number=holder.number).status == "ACTIVE"
    with in_chain():
        documents.unapprove(actor=CHECKER, number=paper.number, reason="办错")
        assert _days(holder.number)[0] == gone
        assert services.expire_cards(on=clock.today()) == 1


def test_a_bearer_card_keeps_its_lawful_years(
    in_chain: InChain, holder: Holder, ask: Callable[..., Document], clerk: Actor, store_id: int
) -> None:
    """X-27: neither document nor account date ends it sooner."""
    until = clock.today() + timedelta(days=400)
    with in_chain():
        Card.objects.filter(number=holder.number).update(bearer=True, member=None)
    with in_chain(), pytest.raises(services.InvalidValidity):
        ask([holder.number], until, shift="EARLIER")
    with in_chain(), pytest.raises(services.InvalidValidity):
        services.adjust_account_expiry(actor=clerk, numbers=[holder.number], until=until, store_id=store_id)


def test_cards_that_cannot_have_one(
    in_chain: InChain, holder: Holder, idle_cards: list[str], ask: Callable[..., Document]
) -> None:
    until = clock.today() + timedelta(days=4000)
    for numbers in ([], ["9999"], [idle_cards[-1]], [f"{serial:08}" for serial in range(501)]):
        with in_chain(), pytest.raises(DomainError):
            ask(numbers, until)
    with in_chain():
        assert not Document.objects.filter(state="SUBMITTED").exists()
