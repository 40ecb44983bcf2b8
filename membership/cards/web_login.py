"""Acts of the holder herself on the web: proving the PIN, changing it. Each requires a transaction of the chain."""

from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from kernel import clock
from kernel.errors import DomainError
from membership.cards import locks
from membership.cards.domain import CardStatus, pin_weakness, tidy_number, web_pause
from membership.cards.models import Card, CardWebLogin
from membership.cards.pins import check_pin, hash_pin, known_to_a_finder
from tenants.audit.services import record
from tenants.people.domain import Actor

# A card that is still its holder's shows her what she owns, also while it cannot be used. The pages are a member's: a
# bearer card has none, and its balance is told at the desk.
MAY_LOG_IN = frozenset(
    {
        CardStatus.ISSUED,
        CardStatus.ACTIVE,
        CardStatus.LOST,
        CardStatus.FROZEN,
        CardStatus.PIN_LOCKED,
        CardStatus.EXPIRED,
    }
)


class PinForm(DomainError):
    """A PIN is six digits."""

    code = "pin_form"
    status = 400
    message = _("密码须为 6 位数字。")


class PinTrivial(DomainError):
    """The PIN is easily guessed."""

    code = "pin_trivial"
    status = 400
    message = _("密码过于简单：请勿使用相同、连续或重复的数字，也不要取自手机号、生日或卡号。")


class PinUnchanged(DomainError):
    """The new PIN is the old one."""

    code = "pin_unchanged"
    status = 400
    message = _("新密码不能与原密码相同。")


class PinChangedMeanwhile(DomainError):
    """The PIN was changed or reset elsewhere since this session began."""

    code = "pin_changed_meanwhile"
    status = 409
    message = _("密码已在别处更改，请用新密码重新登录。")


@dataclass(frozen=True, slots=True)
class WebPinOutcome:
    """Whether a holder proved her PIN. Refusals are all alike: nothing tells an unknown card from a wrong PIN."""

    accepted: bool
    card: Card | None = None


_REFUSED = WebPinOutcome(accepted=False)
_NO_CARD = 0


def check_web_pin(*, number: str, pin: str) -> WebPinOutcome:
    """Check the PIN of a card at web log-in and count the failure (R-A04).

    Returned, never raised: the count must be committed with the request. Unknown cards, cards paused after wrong PINs
    and cards whose check is running elsewhere cost the same hash and the same queries as a wrong PIN.

    Raises:
        Busy: no hashing slot; nothing is counted.
    """
    login = locks.hold_web_login(tidy_number(number))
    verdict = check_pin(pin, login.card.pin_hash if login else None)
    now = clock.now()
    paused = login is not None and login.blocked_until is not None and login.blocked_until > now
    allowed = login is not None and not paused and _is_a_members(login.card)
    accepted = allowed and verdict.right
    _count(login, accepted=accepted, paused=paused)
    if login is None or not accepted:
        return _REFUSED
    if verdict.better_hash is not None:
        Card.objects.filter(pk=login.card_id, pin_hash=login.card.pin_hash).update(pin_hash=verdict.better_hash)
    return WebPinOutcome(accepted=True, card=login.card)


def change_pin(*, card: Card, new_pin: str) -> Card:
    """Set a PIN the holder chose; sessions under the old one end. The caller has just had the old one proved.

    Raises:
        PinForm, PinTrivial, PinUnchanged, PinChangedMeanwhile, Busy
    """
    weakness = pin_weakness(new_pin, personal=known_to_a_finder(card.number, card.member))
    if weakness is not None:
        raise PinForm if weakness == PinForm.code else PinTrivial
    if check_pin(new_pin, card.pin_hash).right:
        raise PinUnchanged
    changed = Card.objects.filter(pk=card.pk, pin_version=card.pin_version).update(
        pin_hash=hash_pin(new_pin), pin_must_change=False, pin_version=card.pin_version + 1
    )
    if changed != 1:
        raise PinChangedMeanwhile
    record(Actor(kind="member", id=card.member_id), "pin.change", object_type="card", object_id=card.number)
    card.refresh_from_db(fields=["pin_hash", "pin_must_change", "pin_version"])
    return card


def _is_a_members(card: Card) -> bool:
    return card.member_id is not None and card.status in MAY_LOG_IN


def _count(login: CardWebLogin | None, *, accepted: bool, paused: bool) -> None:
    """One UPDATE in every case; for an unknown card it finds no row."""
    failures = 0 if login is None or accepted else login.failures + (not paused)
    blocked_until = None
    if login is not None and not accepted:
        blocked_until = login.blocked_until if paused else clock.now() + web_pause(failures)
    CardWebLogin.objects.filter(card_id=login.card_id if login else _NO_CARD).update(
        failures=failures, blocked_until=blocked_until
    )
