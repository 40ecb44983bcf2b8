"""PINs: given and chosen at the desk, asked for at tills, locked there and unlocked by ID."""

from dataclasses import dataclass
from typing import Final

from django.utils.translation import gettext_lazy as _

from kernel import clock
from kernel.errors import DomainError
from kernel.slots import DESK_WAIT_S
from membership.cards import locks, pins
from membership.cards.domain import (
    CardAct,
    CardStanding,
    Shown,
    destination,
    pin_weakness,
    refusal,
    tidy_number,
)
from membership.cards.errors import CardIdle, CardNotFound, CardNotUsable, CardPinLocked, WrongPin, not_usable
from membership.cards.models import Card, CardRules, CardTillPin, CardWebLogin
from membership.cards.pins import check_pin, hash_pin, known_to_a_finder
from membership.cards.policy import PinProof
from membership.cards.services.issuing import IssuedCard
from membership.cards.services.stepping import locked_for, take_step
from membership.cards.services.stopping import NOTHING_TYPED, shown_by
from membership.cards.web_login import PinForm, PinTrivial
from membership.records.domain import RecordKind
from tenants.audit.services import record
from tenants.people.domain import Act, Actor, NotAllowed, require

SPENDERS: Final = (Act.VALUE_CONSUME, Act.VALUE_SETTLE)
"""Who takes value from cards, and so may have their PINs proved."""


class PinChangedMeanwhile(DomainError):
    """The PIN was changed or reset after the page was opened."""

    code = "pin_changed_meanwhile"
    status = 409
    message = _("会员卡 {card_number} 的密码在打开页面之后已经更改过，没有再次重置。如需重置，请回到该卡页面重新操作。")


class PinsDiffer(DomainError):
    """The two entries of a new PIN are not the same."""

    code = "pins_differ"
    status = 400
    message = _("两次输入的密码不一致，请重新输入。")


@dataclass(frozen=True, slots=True)
class TillPinOutcome:
    """What a till is told of a PIN. ``left``: wrong ones that remain before the card is locked.

    Either a ``proof``, for the spending that asked for it, or a ``refusal`` that says why there is none.
    """

    left: int
    proof: PinProof | None = None
    refusal: DomainError | None = None

    @property
    def accepted(self) -> bool:
        """Whether the PIN was right, of a card that is in use."""
        return self.proof is not None

    @property
    def locked(self) -> bool:
        """Whether nothing that is typed would be accepted."""
        return not self.left


def reset_pin(*, actor: Actor, number: str, store_id: int, pin_version: int) -> IssuedCard:
    """Give the card a new random PIN, to be changed at the next log-in; ends its sessions, its web pause and its count
    of wrong PINs at tills.

    ``pin_version``: that of the PIN which is to be replaced, as it was when the person decided: asking twice, as a
    reload does, must not undo the PIN that was just handed over.

    Raises:
        NotAllowed, CardNotFound, CardIdle, Busy
        PinChangedMeanwhile: the PIN is another one by now; it stays.
    """
    require(actor, Act.PIN_RESET, store_id=store_id)
    number = tidy_number(number)
    secret = pins.new_pin(personal=(number,), wait_s=DESK_WAIT_S)
    card = set_pin(number, secret.hashed, pin_version, must_change=True)
    record(actor, Act.PIN_RESET, object_type="card", object_id=number, store_id=store_id)
    return IssuedCard(card=card, pin=secret.pin)


def choose_pin(*, actor: Actor, number: str, store_id: int, pin_version: int, new_pin: str, again: str) -> Card:
    """The member sets her PIN herself, at the desk, on a page turned to her: it needs no change at the first log-in.

    Raises:
        NotAllowed, CardNotFound, CardIdle, PinsDiffer, PinForm, PinTrivial, Busy
        PinChangedMeanwhile: the PIN is another one by now; it stays.
    """
    require(actor, Act.PIN_RESET, store_id=store_id)
    if new_pin != again:
        raise PinsDiffer
    number = tidy_number(number)
    known = Card.objects.select_related("member").filter(number=number).first()
    if known is None:
        raise CardNotFound(card_number=number)
    weakness = pin_weakness(new_pin, personal=known_to_a_finder(number, known.member))
    if weakness is not None:
        raise PinForm if weakness == PinForm.code else PinTrivial
    card = set_pin(number, hash_pin(new_pin, wait_s=DESK_WAIT_S), pin_version, must_change=False)
    detail = {"chosen": True}
    record(actor, Act.PIN_RESET, object_type="card", object_id=number, store_id=store_id, detail=detail)
    return card


def check_till_pin(*, actor: Actor, number: str, pin: str, store_id: int) -> TillPinOutcome:
    """Check the PIN that a holder typed at a till. So many wrong ones in a row, as the chain's rules say, lock the card
    (X-19); a right one begins anew.

    Returned, never raised: the count must be committed although the till refuses. So give it a transaction, or a
    savepoint, before that of the act which wants the proof: what refuses the act then leaves the count, and no card is
    kept from other tills while the PIN is hashed. A card that is not in use is not accepted, whatever was typed, and
    nothing is counted.

    Raises:
        NotAllowed, CardNotFound, CardIdle, Busy
    """
    if not any(actor.may(act, store_id=store_id) for act in SPENDERS):
        raise NotAllowed(act=Act.VALUE_CONSUME.label)
    number = tidy_number(number)
    card = Card.objects.filter(number=number).first()
    if card is None:
        raise CardNotFound(card_number=number)
    if card.issued_at is None:
        raise CardIdle(card_number=number)
    limit = CardRules.objects.get().pin_failures
    tries = locks.hold_till_pin(card.pk)
    # Read again under the row's lock: the turn before may have locked the card, or given it another PIN.
    card.refresh_from_db(fields=["status", "pin_hash", "pin_version"])
    if destination(CardAct.LOCK_PIN, status=card.status) is None:
        return TillPinOutcome(left=0, refusal=_out_of_use(card))
    verdict = check_pin(pin, card.pin_hash, wait_s=DESK_WAIT_S)
    failures = 0 if verdict.right else tries.failures + 1
    if failures != tries.failures:
        CardTillPin.objects.filter(card_id=card.pk).update(failures=failures)
    if failures < limit:
        left = limit - failures
        if not verdict.right:
            return TillPinOutcome(left=left, refusal=WrongPin(left=left))
        return TillPinOutcome(left=left, proof=PinProof(card_id=card.pk, pin_version=card.pin_version))
    held, to = locked_for(CardAct.LOCK_PIN, number)
    take_step(actor, held, CardAct.LOCK_PIN, to, store_id=store_id, kind=RecordKind.PIN_LOCK)
    return TillPinOutcome(left=0, refusal=CardPinLocked(card_number=number))


def unlock_pin(
    *,
    actor: Actor,
    number: str,
    store_id: int,
    reason: str = "",
    shown: Shown = NOTHING_TYPED,
) -> Card:
    """Unlock a card whose holder has shown who she is; an agent shows both IDs (R-L08). The PIN stays; whoever forgot
    it gets a new one by ``reset_pin``.

    Raises:
        NotAllowed, CardNotFound, StatusStepForbidden, AgentUnnamed, InvalidIdNumber, IdNotVerified
    """
    require(actor, Act.PIN_RESET, store_id=store_id)
    proof = shown_by(shown)
    _forget_failures(number)
    card, to = locked_for(CardAct.UNLOCK_PIN, number)
    return take_step(
        actor,
        card,
        CardAct.UNLOCK_PIN,
        to,
        store_id=store_id,
        reason=reason,
        kind=RecordKind.PIN_UNLOCK,
        detail=proof,
    )


def set_pin(number: str, pin_hash: str, pin_version: int, *, must_change: bool) -> Card:
    """Put a hashed PIN in place of that of ``pin_version``: sessions under it end, wrong PINs are forgotten. Whoever
    calls has made sure that it may be done, and writes it down.

    Raises:
        CardNotFound, CardIdle, PinChangedMeanwhile
    """
    _forget_failures(number)
    card = locks.lock_card(number)
    if card.issued_at is None:
        raise CardIdle(card_number=number)
    if card.pin_version != pin_version:
        raise PinChangedMeanwhile(card_number=number)
    card.pin_hash, card.pin_must_change, card.pin_version = pin_hash, must_change, card.pin_version + 1
    card.save(update_fields=["pin_hash", "pin_must_change", "pin_version"])
    return card


def _out_of_use(card: Card) -> CardNotUsable:
    standing = CardStanding(card.status, card.locked, card.valid_until, card.account_valid_until)
    reason = refusal(standing, on=clock.today())
    return not_usable(reason, card_number=card.number) if reason else CardNotUsable(card_number=card.number)


def _forget_failures(number: str) -> None:
    """Begin the counts of wrong PINs anew. Before the card's lock: an attempt holds its count, then the card."""
    number = tidy_number(number)
    CardTillPin.objects.filter(card__number=number).update(failures=0)
    CardWebLogin.objects.filter(card__number=number).update(failures=0, blocked_until=None)
