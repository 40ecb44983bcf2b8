"""What a till asks of whoever presents a card: the PIN, and the vehicle that is served."""

from dataclasses import dataclass

from django import forms
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from kernel.errors import DomainError
from kernel.money import Money
from membership.cards.errors import CardPinLocked
from membership.cards.models import Card, CardRules
from membership.cards.policy import pin_asked, pin_free_fen
from membership.cards.services import check_till_pin
from membership.cashier.tender import Served, served_by
from tenants.people.domain import Actor


@dataclass(frozen=True, slots=True)
class Asks:
    """What a card wants before it pays. ``pin_above_fen``: the PIN is asked for more than this; None: never."""

    pin_above_fen: int | None = None
    vehicle: bool = False

    @property
    def words(self) -> str:
        """By which the page decides what it shows: "pin", "vehicle", both or neither."""
        return " ".join(
            word for word, asked in (("pin", self.pin_above_fen is not None), ("vehicle", self.vehicle)) if asked
        )


def asks_of(card: Card) -> Asks:
    """What the card's type, and where it says nothing the chain's rules, want of it. One query at most."""
    rules = card.type if card.type.pin_ask else CardRules.objects.get()
    above = pin_free_fen(use_by=card.type.use_by, ask=rules.pin_ask, above_fen=rules.pin_above_fen)
    return Asks(above, card.bound_vehicle_id is not None)


class ProofForm(forms.Form):
    """The fields by which a card is proved; a page shows those that are asked for."""

    vehicle = forms.CharField(
        label=gettext_lazy("车牌号或车架号"),
        max_length=20,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    pin = forms.CharField(
        label=gettext_lazy("消费密码（请持卡人输入）"),
        max_length=6,
        required=False,
        strip=True,
        widget=forms.PasswordInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )

    def only(self, asks: Asks) -> None:
        """Leave out what this card does not ask for, where the form is made for one card."""
        if not asks.vehicle:
            del self.fields["vehicle"]
        if asks.pin_above_fen is None:
            del self.fields["pin"]

    def served(self) -> Served:
        """The vehicle that a valid form names."""
        return served_by(self.cleaned_data.get("vehicle", ""))


def is_proved(form: ProofForm, *, actor: Actor, card: Card | None, store_id: int, takes: Money) -> bool:
    """Whether the PIN that a valid form holds lets ``takes`` be taken from the card; if not, the form says why.

    The check has a transaction of its own: a wrong PIN is counted although nothing else is done (X-19).
    """
    if card is None or not pin_asked(free_fen=asks_of(card).pin_above_fen, amount_fen=takes.fen):
        return True
    pin = form.cleaned_data["pin"]
    if not pin:
        form.add_error("pin", ValidationError(_("这一笔需要消费密码，请持卡人输入。未扣款。"), code="pin_wanted"))
        return False
    try:
        with transaction.atomic():
            outcome = check_till_pin(actor=actor, number=card.number, pin=pin, store_id=store_id)
    except DomainError as refusal:
        form.add_error("pin", ValidationError(str(refusal), code=refusal.code))
        return False
    if outcome.accepted:
        return True
    if outcome.locked:
        form.add_error(None, ValidationError(str(CardPinLocked(card_number=card.number)), code=CardPinLocked.code))
        return False
    said = ngettext(
        "密码不正确，还可再试 %(left)d 次，之后这张卡将锁定。未扣款。",
        "密码不正确，还可再试 %(left)d 次，之后这张卡将锁定。未扣款。",
        outcome.left,
    )
    form.add_error("pin", ValidationError(said % {"left": outcome.left}, code="pin_wrong"))
    return False
