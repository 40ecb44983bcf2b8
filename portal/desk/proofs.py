"""What a till asks of whoever presents a card: the PIN, and the vehicle that is served."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, TypeVar

from django import forms
from django.utils.translation import gettext_lazy as _

from membership.cards.models import Card
from membership.cards.policy import PinProof
from membership.cards.queries import pin_free_of
from membership.cashier.proving import with_pin
from membership.cashier.tender import Served, served_by
from portal.attempts import done_or_not, told
from tenants.people.domain import Actor

T = TypeVar("T")

# Errors that belong to a field rather than to the form.
_FIELDS: Final = {"pin_required": "pin", "wrong_pin": "pin", "busy": "pin", "vehicle_mismatch": "vehicle"}


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
    return Asks(pin_free_of(card), card.bound_vehicle_id is not None)


class ProofForm(forms.Form):
    """The fields by which a card is proved; a page shows those that are asked for."""

    vehicle = forms.CharField(
        label=_("车牌号或车架号"),
        max_length=20,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    pin = forms.CharField(
        label=_("消费密码（请持卡人输入）"),
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


def attempt_proved(
    form: ProofForm,
    act: Callable[[PinProof | None], T],
    *,
    actor: Actor,
    card_number: str,
    store_id: int,
    fields: Mapping[str, str] | None = None,
) -> T | None:
    """Do an act for a valid form, as ``attempt`` does; where it wants the card's PIN, by what the form holds."""
    answer = with_pin(
        lambda proof: done_or_not(lambda: act(proof)),
        actor=actor,
        card_number=card_number,
        pin=form.cleaned_data.get("pin", ""),
        store_id=store_id,
    )
    return told(form, answer, fields={**_FIELDS, **(fields or {})})
