"""What members ask for: once of a kind, answered by staff, and a transfer that is done as it is asked."""

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest

from kernel.errors import DomainError
from kernel.money import Money
from membership.auditing import audit_chain
from membership.cards.domain import Shown
from membership.cards.errors import CardNotFound
from membership.cards.models import Card, CardType
from membership.cards.queries import cards_of_member, values_of
from membership.cards.services.transferring import IdNotShown, TransferToSelf, transfer_card
from membership.cashier.services import consume
from membership.records.models import Record
from membership.requests import services
from membership.requests.domain import RequestKind
from membership.requests.models import MemberRequest
from tenants.audit.models import AuditEntry
from tenants.chains.models import Chain
from tenants.people.domain import Actor, NotAllowed
from tests.membership.conftest import Holder

InChain = Callable[..., AbstractContextManager[None]]
NEXT = "8800000005"


def _ask(holder: Holder, kind: RequestKind = RequestKind.REFUND, **more: str) -> MemberRequest:
    return services.ask(member=holder.member, number=holder.number, kind=kind, **more)


def test_pressed_twice_there_is_one_request(in_chain: InChain, holder: Holder) -> None:
    with in_chain():
        first = _ask(holder, said="搬家了")
        again = _ask(holder, said=" 搬家了 ")
        assert first == again
        with pytest.raises(services.RequestOpen):
            _ask(holder, said="又改主意了")
        transfer = _ask(holder, RequestKind.TRANSFER, to_name="江河", to_phone="137 0000 5678")
        assert (transfer.to_name, transfer.to_phone) == ("江河", "+8613700005678")
        assert MemberRequest.objects.count() == 2
        assert AuditEntry.objects.filter(act="request.ask").count() == 2


def test_a_transfer_names_whom(in_chain: InChain, holder: Holder) -> None:
    with in_chain(), pytest.raises(services.RequestIncomplete):
        _ask(holder, RequestKind.TRANSFER, to_name="  ")


def test_nobody_asks_for_anothers_card(in_chain: InChain, holder: Holder, issue: Callable[..., Holder]) -> None:
    other = issue("江河", "13700005678")
    with in_chain():
        with pytest.raises(CardNotFound):
            services.ask(member=other.member, number=holder.number, kind=RequestKind.REFUND)
        asked = _ask(holder)
        with pytest.raises(services.RequestNotFound):
            services.take_back(member=other.member, key=asked.pk)


def test_she_takes_it_back_once_and_asks_again_but_not_for_ever(in_chain: InChain, holder: Holder) -> None:
    with in_chain():
        for _ in range(5):
            asked = _ask(holder)
            services.take_back(member=holder.member, key=asked.pk)
        assert services.take_back(member=holder.member, key=asked.pk).state == "WITHDRAWN"
        with pytest.raises(services.TooManyRequests):
            _ask(holder)


def test_staff_answer_once_and_say_why_not(in_chain: InChain, holder: Holder, clerk: Actor, store_id: int) -> None:
    with in_chain():
        asked = _ask(holder)
        with pytest.raises(services.RequestIncomplete):
            services.refuse(actor=clerk, key=asked.pk, answer=" ", store_id=store_id)
        with pytest.raises(NotAllowed):
            services.refuse(actor=Actor(kind="staff", id=8), key=asked.pk, answer="不行", store_id=store_id)
        refused = services.refuse(actor=clerk, key=asked.pk, answer="请先结清签单", store_id=store_id)
        assert (refused.state, refused.answer, refused.decided_name) == ("REFUSED", "请先结清签单", "周晓梅")
        for late in (
            lambda: services.settle(actor=clerk, key=asked.pk, reference="TH1", answer="", store_id=store_id),
            lambda: services.take_back(member=holder.member, key=asked.pk),
        ):
            with pytest.raises(services.RequestNotOpen):
                late()
        done = services.settle(actor=clerk, key=_ask(holder).pk, reference="TH1", answer="", store_id=store_id)
        assert (done.state, done.reference) == ("DONE", "TH1")


def test_a_transfer_is_done_as_it_is_asked(
    chain: Chain, in_chain: InChain, holder: Holder, issue: Callable[..., Holder], clerk: Actor, store_id: int
) -> None:
    """X-16; 法释〔2025〕4号, 11."""
    other = issue("江河", "13700005678")
    with in_chain():
        CardType.objects.update(cards_per_id=2)
        asked = _ask(holder, RequestKind.TRANSFER, to_name="江河")
        done = services.carry_out_transfer(
            actor=clerk, key=asked.pk, new_number=NEXT, to_code=other.member.code, store_id=store_id, shown=Shown()
        )
        asked.refresh_from_db()
        assert (asked.state, asked.reference) == ("DONE", NEXT)
    with in_chain():
        new, old = Card.objects.get(number=NEXT), Card.objects.get(number=holder.number)
        assert (new.member_id, new.status, new.pin_must_change, new.level_id) == (
            other.member.pk,
            "ACTIVE",
            True,
            old.level_id,
        )
        assert (old.status, old.member_id, done.fee_fen) == ("REPLACED", holder.member.pk, 0)
        mine, theirs = values_of(cards_of_member(holder.member.pk)), values_of(cards_of_member(other.member.pk))
        assert sum(value.total_fen for value in mine.values()) == 0
        assert theirs[new.pk].total_fen == 10_000
        # What the giver did with it is not the other's to read.
        told = Record.objects.filter(card=new).order_by("occurred_at", "id")
        assert [record.kind for record in told] == ["ISSUE", "MOVE_IN"]
        consume(actor=clerk, card_number=NEXT, amount=Money(10_000), store_id=store_id, idempotency_key="hers now")
    assert audit_chain(chain.schema_name) == []


def test_who_may_have_no_such_card_gets_none_and_nothing_moves(
    in_chain: InChain, holder: Holder, issue: Callable[..., Holder], clerk: Actor, store_id: int
) -> None:
    """R-H02."""
    other = issue("江河", "13700005678")
    with in_chain():
        CardType.objects.update(cards_per_id=1)
    for to, code in ((other.member, "id_limit_reached"), (holder.member, TransferToSelf.code)):
        with pytest.raises(DomainError) as refused, in_chain():
            transfer_card(actor=clerk, number=holder.number, new_number=NEXT, to=to, store_id=store_id, shown=Shown())
        assert refused.value.code == code
    with pytest.raises(IdNotShown), in_chain():
        transfer_card(actor=clerk, number=holder.number, new_number=NEXT, to=other.member, store_id=store_id)
    with in_chain():
        assert Card.objects.get(number=holder.number).status == "ACTIVE"
        assert Card.objects.get(number=NEXT).status == "IDLE"
