"""PINs at the desk."""

from django.utils.translation import gettext_lazy as _

from kernel.errors import DomainError
from membership.cards import locks
from membership.cards.domain import tidy_number
from membership.cards.errors import CardIdle
from membership.cards.models import CardWebLogin
from membership.cards.pins import hash_pin, random_pin
from membership.cards.services.issuing import IssuedCard
from tenants.audit.services import record
from tenants.people.domain import Act, Actor, require


class PinChangedMeanwhile(DomainError):
    """The PIN was changed or reset after the page was opened."""

    code = "pin_changed_meanwhile"
    status = 409
    message = _("会员卡 {card_number} 的密码在打开页面之后已经更改过，没有再次重置。如需重置，请回到该卡页面重新操作。")


def reset_pin(*, actor: Actor, number: str, store_id: int, pin_version: int) -> IssuedCard:
    """Give the card a new random PIN, to be changed at the next log-in; ends its sessions and its web pause.

    ``pin_version``: that of the PIN which is to be replaced, as it was when the person decided: asking twice, as a
    reload does, must not undo the PIN that was just handed over.

    Raises:
        NotAllowed, CardNotFound, CardIdle, Busy
        PinChangedMeanwhile: the PIN is another one by now; it stays.
    """
    require(actor, Act.PIN_RESET, store_id=store_id)
    number = tidy_number(number)
    pin = random_pin(personal=(number,))
    pin_hash = hash_pin(pin)
    card = locks.lock_card(number)
    if card.issued_at is None:
        raise CardIdle(card_number=number)
    if card.pin_version != pin_version:
        raise PinChangedMeanwhile(card_number=number)
    card.pin_hash, card.pin_must_change, card.pin_version = pin_hash, True, card.pin_version + 1
    card.save(update_fields=["pin_hash", "pin_must_change", "pin_version"])
    CardWebLogin.objects.filter(card=card).update(failures=0, blocked_until=None)
    record(actor, Act.PIN_RESET, object_type="card", object_id=number, store_id=store_id)
    return IssuedCard(card=card, pin=pin)
