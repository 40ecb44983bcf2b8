"""Wherever value leaves a card its PIN is asked for as its type says, by the services themselves (X-16, X-19)."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any

import pytest
from django.db import transaction

from kernel.errors import DomainError
from kernel.money import Money
from ledger.models import Posting
from membership.cards.models import Card, CardRules, CardTillPin, CardType
from membership.cards.policy import PinProof
from membership.cards.services import choose_pin
from membership.cashier import directory, fast, returning, services, settling
from membership.cashier.models import ChainPolicy
from membership.cashier.proving import proved, with_pin
from membership.cashier.tender import Tender
from membership.packages import services as packages
from tenants.chains.models import Chain
from tenants.people.domain import Act, Actor
from tests.membership.conftest import Holder

InChain = Callable[..., AbstractContextManager[None]]
Spend = Callable[[PinProof | None], Any]


@pytest.fixture
def ways(in_chain: InChain, chain: Chain, clerk: Actor, store_id: int, holder: Holder) -> dict[str, Spend]:
    """Every way in which value leaves 林静's card, ¥10 each; she holds a package and has signed a bill."""
    with in_chain():
        ChainPolicy.objects.update(signed_limit_fen=50_000)
        product = packages.define_product(
            actor=clerk, name="精洗", unit="CNT", quantity=3, price=Money(3_000), validity_months=12
        )
        common: dict[str, Any] = {"actor": clerk, "store_id": store_id}
        on_card = common | {"card_number": holder.number}
        packages.sell(product_id=product.pk, tender=Tender(cash_fen=3_000), idempotency_key="sold", **on_card)
        services.pay_in(amount=Money(5_000), idempotency_key="in", **on_card)
        bill = services.pay(
            total=Money(2_000), tender=Tender(signed_fen=2_000), idempotency_key="signed", **on_card
        ).record_id

    def pay(key: str, **parts: int) -> Spend:
        tender = Tender(**parts)
        return lambda proof: services.pay(
            total=Money(tender.total_fen), tender=tender, proof=proof, idempotency_key=key, **on_card
        )

    def settle(key: str, **parts: int) -> Spend:
        return lambda proof: settling.settle(
            bill_id=bill, tender=Tender(**parts), proof=proof, idempotency_key=key, **common
        )

    return {
        "consume": lambda proof: services.consume(amount=Money(1_000), proof=proof, idempotency_key="c", **on_card),
        "stored": pay("p1", stored_fen=1_000, cash_fen=500),
        "prepayment": pay("p2", prepayment_fen=1_000),
        "signed": pay("p3", signed_fen=1_000),
        "settled from the card": settle("s1", stored_fen=1_000),
        "settled from prepayment": settle("s2", prepayment_fen=1_000),
        "package bought": lambda proof: packages.sell(
            product_id=product.pk, tender=Tender(stored_fen=3_000), proof=proof, idempotency_key="b", **on_card
        ),
        "package used": lambda proof: packages.use(
            product_id=product.pk, count=1, proof=proof, idempotency_key="u", **on_card
        ),
    }


def _refused(in_chain: InChain, spend: Callable[[], object]) -> str:
    try:
        with in_chain():
            spend()
    except DomainError as refusal:
        return refusal.code
    return "ok"


def _proof(in_chain: InChain, clerk: Actor, holder: Holder, store_id: int) -> PinProof:
    with in_chain():
        proof = proved(actor=clerk, card_number=holder.number, pin=holder.pin, store_id=store_id)
    assert isinstance(proof, PinProof)
    return proof


def test_each_way_asks_for_the_pin_where_the_type_does(
    in_chain: InChain, clerk: Actor, holder: Holder, store_id: int, ways: dict[str, Spend]
) -> None:
    with in_chain():
        CardType.objects.filter(pk=holder.card.type_id).update(use_by="HOLDER")
        posted = Posting.objects.count()
    strangers = PinProof(card_id=holder.card.pk + 1, pin_version=1)
    for name, spend in ways.items():
        assert _refused(in_chain, lambda: spend(None)) == "pin_required", name  # noqa: B023
        assert _refused(in_chain, lambda: spend(strangers)) == "pin_required", name  # noqa: B023
    with in_chain():
        assert Posting.objects.count() == posted
    proof = _proof(in_chain, clerk, holder, store_id)
    assert {name: _refused(in_chain, lambda: spend(proof)) for name, spend in ways.items()} == dict.fromkeys(ways, "ok")  # noqa: B023
    # What was done is answered again under its key, whatever is proved.
    assert {_refused(in_chain, lambda: spend(None)) for spend in ways.values()} == {"ok"}  # noqa: B023
    with in_chain():
        assert Posting.objects.count() == posted + len(ways)


def test_the_limit_counts_what_is_taken_and_not_what_is_paid_in_cash(
    in_chain: InChain, clerk: Actor, holder: Holder, store_id: int, ways: dict[str, Spend]
) -> None:
    with in_chain():
        CardRules.objects.update(pin_ask="ABOVE", pin_above_fen=1_000)
    assert {name for name, spend in ways.items() if _refused(in_chain, lambda: spend(None)) != "ok"} == {  # noqa: B023
        "package bought"
    }
    with in_chain():
        CardRules.objects.update(pin_ask="ALWAYS")
        common: dict[str, Any] = {"actor": clerk, "card_number": holder.number, "store_id": store_id}
        cash = services.pay(total=Money(900), tender=Tender(cash_fen=900), idempotency_key="cash", **common)
        services.top_up(paid=Money(100), idempotency_key="top-up", **common)
        # Goods that come back are no spending.
        returning.return_goods(
            actor=clerk,
            record_id=cash.record_id,
            amount=Money(900),
            store_id=store_id,
            idempotency_key="r",
            reason="退",
        )


def test_a_type_that_asks_for_none_overrules_the_chain(
    in_chain: InChain, holder: Holder, ways: dict[str, Spend]
) -> None:
    with in_chain():
        CardRules.objects.update(pin_ask="ALWAYS")
        CardType.objects.filter(pk=holder.card.type_id).update(pin_ask="NEVER")
    assert _refused(in_chain, lambda: ways["consume"](None)) == "ok"


def test_a_proof_ends_with_the_pin_it_was_of(
    in_chain: InChain, clerk: Actor, holder: Holder, store_id: int, ways: dict[str, Spend]
) -> None:
    with in_chain():
        CardRules.objects.update(pin_ask="ALWAYS")
    proof = _proof(in_chain, clerk, holder, store_id)
    with in_chain():
        choose_pin(
            actor=clerk, number=holder.number, store_id=store_id, pin_version=1, new_pin="135792", again="135792"
        )
    assert _refused(in_chain, lambda: ways["consume"](proof)) == "pin_required"


def test_a_wrong_pin_is_counted_though_nothing_is_spent_and_locks_in_the_end(
    in_chain: InChain, clerk: Actor, holder: Holder, store_id: int, ways: dict[str, Spend]
) -> None:
    """X-19."""
    with in_chain():
        CardRules.objects.update(pin_ask="ALWAYS", pin_failures=3)
        posted = Posting.objects.count()

    def asked(pin: str) -> str:
        def spend(proof: PinProof | None) -> object:
            try:
                with transaction.atomic():
                    return ways["consume"](proof)
            except DomainError as refusal:
                return refusal

        with in_chain():
            answer = with_pin(spend, actor=clerk, card_number=holder.number, pin=pin, store_id=store_id)
        return answer.code if isinstance(answer, DomainError) else "ok"

    wrong = "975310" if holder.pin != "975310" else "864209"
    assert [asked(""), asked(wrong), asked(wrong)] == ["pin_required", "wrong_pin", "wrong_pin"]
    with in_chain():
        assert CardTillPin.objects.get().failures == 2
    assert [asked(wrong), asked(holder.pin)] == ["card_pin_locked", "card_pin_locked"]
    with in_chain():
        assert Card.objects.get(pk=holder.card.pk).status == "PIN_LOCKED"
        assert Posting.objects.count() == posted


def test_the_fast_path_asks_too(
    chain: Chain, in_chain: InChain, clerk: Actor, holder: Holder, store_id: int, held_clock: datetime
) -> None:
    directory.forget(chain.schema_name, [])
    with in_chain():
        CardRules.objects.update(pin_ask="ABOVE", pin_above_fen=500)
    proof = _proof(in_chain, clerk, holder, store_id)
    software = Actor(kind="api", id=1, grants={Act.VALUE_CONSUME: "all"})
    asked = [
        fast.Consumption(
            actor=software, card_number=holder.number, amount_fen=fen, idempotency_key=key, occurred_at=held_clock,
            store_id=store_id, proof=shown,
        )
        for key, fen, shown in (("a", 500, None), ("b", 501, None), ("c", 501, proof), ("c", 501, None))
    ]  # fmt: skip
    answers = fast.consume_many(asked, schema=chain.schema_name)
    assert [answer.code if isinstance(answer, DomainError) else answer.replayed for answer in answers] == [
        False, "pin_required", False, True,
    ]  # fmt: skip


def test_only_who_spends_may_have_pins_proved(in_chain: InChain, holder: Holder, store_id: int) -> None:
    for act, code in ((Act.CARD_VIEW, "not_allowed"), (Act.VALUE_SETTLE, "wrong_pin")):
        actor = Actor(kind="staff", id=9, grants={act: "all"})
        with in_chain():
            refusal = proved(actor=actor, card_number=holder.number, pin="000001", store_id=store_id)
        assert isinstance(refusal, DomainError)
        assert refusal.code == code
