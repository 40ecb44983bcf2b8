"""Cards in every state of their life, so that each page of the desk has something to show."""

from typing import Final

from kernel import clock
from kernel.money import Money
from membership.cards import services
from membership.cards.domain import NumberRange
from membership.cards.models import Card
from membership.cards.policy import PinAsk
from membership.cards.services import settings
from membership.cashier import services as cashier
from membership.cashier.domain import CardRef
from membership.documents import services as documents
from membership.members.services import create_member
from membership.stock.services import file_destruction
from tenants.people.domain import Actor

_GIFTS: Final = NumberRange(prefix="7701", first=1, quantity=12, width=7, check_digit=True)
_WRONG_PIN: Final = "000000"
MEMBERS: Final = 2
"""Members who are only in this part of the story."""
_FEE_FEN: Final = 1_800
_PER_ID: Final = 5
_PIN_FREE_FEN: Final = 50_000
_PIN_TRIES: Final = 5


def set_policy(*, owner: Actor) -> None:
    """What this chain has decided of its ordinary cards: a family's cars may each have one; a new card costs a fee."""
    settings.edit_type(
        actor=owner, code=services.ORDINARY, values={"cards_per_id": _PER_ID, "reissue_fee_fen": _FEE_FEN}
    )


def live_on(
    *,
    manager: Actor,
    owner: Actor,
    treasury: Actor,
    finance: Actor,
    store_id: int,
    cards: list[CardRef],
    lost: CardRef,
) -> None:
    """Reissue a lost card, replace one, lock one by wrong PINs, let gift cards be sold, used up, collected and
    destroyed, and leave one card waiting for its payment. ``cards``: ordinary ones in use, at least two; ``lost``: one
    that was reported lost.
    """
    level = Card.objects.values_list("level__code", flat=True).get(number=lost.number)
    blanks = iter(Card.objects.filter(status="IDLE", level__code=level).order_by("-number")[:8])
    services.reissue_card(
        actor=manager, number=lost.number, new_number=next(blanks).number, store_id=store_id, reason="卡已遗失"
    )
    services.replace_card(
        actor=manager, number=cards[0].number, new_number=next(blanks).number, store_id=store_id, reason="卡片消磁"
    )
    for _try in range(_PIN_TRIES):
        services.check_till_pin(actor=owner, number=cards[1].number, pin=_WRONG_PIN, store_id=store_id)
    _withdraw(owner, next(blanks).number, store_id)
    _wait_for_payment(owner, next(blanks).number, store_id)
    _gifts(owner, treasury, (finance, manager), store_id)


def fill_wrongly(*, till: Actor, reporter: Actor, store_id: int, card: CardRef) -> None:
    """Ten times too much on a card just now: it is frozen, and the fault form waits for the treasury (R-I06, R-I08)."""
    wrong = cashier.top_up(
        actor=till, card_number=card.number, paid=Money(10_000), store_id=store_id, idempotency_key="demo-wrong"
    )
    payload = {"record_id": str(wrong.record_id), "what_happened": "应充 10 元，多打一个零"}
    form = documents.draft(actor=reporter, kind="FAULT", payload=payload, store_id=store_id)
    documents.submit(actor=reporter, number=form.number)


def ask_for_pins(*, owner: Actor) -> None:
    """From now on tills ask for the PIN above an amount (X-16)."""
    settings.save_rules(actor=owner, pin_ask=PinAsk.ABOVE, pin_above=Money(_PIN_FREE_FEN), pin_failures=_PIN_TRIES)


def _withdraw(owner: Actor, number: str, store_id: int) -> None:
    member = create_member(actor=owner, name="唐诗韵", phone="13800009001", store_id=store_id)
    services.issue_card(actor=owner, number=number, member=member, store_id=store_id)
    services.withdraw_card(actor=owner, number=number, store_id=store_id, reason="会员迁居外地")


def _wait_for_payment(owner: Actor, number: str, store_id: int) -> None:
    member = create_member(actor=owner, name="宋清和", phone="13800009002", store_id=store_id)
    services.issue_card(actor=owner, number=number, member=member, store_id=store_id, payment_pending=True)


def _gifts(owner: Actor, treasury: Actor, witnesses: tuple[Actor, Actor], store_id: int) -> None:
    services.make_cards(actor=owner, level_code="PLAIN", type_code="GIFT", numbers=_GIFTS)
    for place, number in enumerate(_GIFTS.numbers()[:6]):
        services.issue_card(actor=owner, number=number, member=None, store_id=store_id)
        if place < 4:
            cashier.top_up(
                actor=owner,
                card_number=number,
                paid=Money(50_000),
                store_id=store_id,
                idempotency_key=f"demo-gift-{place}",
                occurred_at=clock.now(),
            )
    used_up = _GIFTS.numbers()[4:6]
    for number in used_up:
        services.collect_card(actor=treasury, number=number, store_id=store_id, reason="余额用完，门店收回")
    filed = file_destruction(actor=treasury, store_id=None, text=used_up[0], reason="季度销毁")
    for witness in witnesses:
        documents.approve(actor=witness, number=filed.number, note="在场监销")
