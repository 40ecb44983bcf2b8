"""Which card the till has before it, from whatever was scanned or typed, and what the cashier sees of it."""

from dataclasses import dataclass, field
from typing import Any, Final

from kernel import clock
from ledger.models import Account
from membership.cards.domain import CardStatus, tidy_number
from membership.cards.errors import CardNotFound
from membership.cards.models import Card
from membership.cards.queries import find_card, page_of_cards, search_cards, values_of, why_unusable
from membership.cashier.accounts import PREPAYMENT, SIGNED_BILL
from membership.devices.services.codes import CardCodeRefused, is_code, present
from membership.members.domain import masked_name
from membership.packages.queries import Holding, holdings_of
from membership.vehicles.domain import tidy_plate
from membership.vehicles.models import Vehicle
from portal.desk.proofs import Asks, asks_of
from portal.endings import ending_soon
from portal.rows import Row, card_row, last_day_before, value_row
from tenants.people.domain import Actor

_CHOICES: Final = 8
# What is no longer in anybody's hand is not looked for by name.
_GONE: Final = (
    CardStatus.IDLE, CardStatus.REPLACED, CardStatus.WITHDRAWN, CardStatus.COLLECTED, CardStatus.DESTROYED,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Look:
    """What was found for a text: one card, several to choose from, or neither, with the reason in words."""

    text: str = ""
    card: Card | None = None
    choices: list[Card] = field(default_factory=list)
    has_more: bool = False
    """There are more than the choices: the text wants to be longer."""
    problem: str = ""
    """Why nothing can be done with it, in words a cashier can pass on."""

    @property
    def number(self) -> str:
        """The card's number, or what was typed where no card was found."""
        return self.card.number if self.card else self.text

    @property
    def state(self) -> str:
        """What the page does next: "waiting", "ready", "choose" or "refused"."""
        if not self.text:
            return "waiting"
        if self.choices:
            return "choose"
        return "refused" if self.problem else "ready"

    def row(self) -> Row:
        """As the templates read it. What the card and its member have is asked for here, in seven queries."""
        return {
            "text": self.text,
            "state": self.state,
            "problem": self.problem,
            "card": _till_row(self.card) if self.card else None,
            "balance": value_row(values_of([self.card]).get(self.card.pk)) if self.card else None,
            "member": _member_row(self.card) if self.card else None,
            "endings": ending_soon([self.card]).get(self.card.pk, []) if self.card else [],
            "packages": [_package_row(held) for held in holdings_of(self.card.pk, now=clock.now())]
            if self.card
            else [],
            "asks": asks_of(self.card) if self.card else Asks(),
            "choices": [_till_row(card) for card in self.choices],
            "has_more": self.has_more,
        }


def look_at(typed: str, *, actor: Actor, store_id: int) -> Look:
    """What ``look_up`` finds; a member's code that was scanned is read first, which uses it up."""
    if not is_code(typed):
        return look_up(typed)
    try:
        return look_up(present(actor=actor, text=typed, store_id=store_id))
    except CardCodeRefused as refusal:
        return Look(text=tidy_number(typed), problem=str(refusal))


def look_up(typed: str) -> Look:
    """Find the card for a number, else for a holder's name, code, telephone's last four digits or part of a number.

    Else for the plate of a holder's car. One query for a number that was scanned, two or three for anything else.
    """
    text = " ".join(typed.replace("\0", "").split())
    if not text:
        return Look()
    card = find_card(text)
    if card is None:
        found: list[Card] = []
        # One Chinese character is a family name; one digit is nothing.
        if len(text) > 1 or not text.isascii():
            held = search_cards(text=text).exclude(status__in=_GONE)
            found = page_of_cards(held, size=_CHOICES + 1) or _by_plate(text)
        if not found:
            return Look(text=text, problem=str(CardNotFound(card_number=text)))
        if len(found) > 1:
            return Look(text=text, choices=found[:_CHOICES], has_more=len(found) > _CHOICES)
        card = found[0]
    # Said before the amount is typed.
    return Look(text=text, card=card, problem=str(why_unusable(card) or ""))


def _by_plate(text: str) -> list[Card]:
    owners = Vehicle.objects.filter(plate__startswith=tidy_plate(text), owner__isnull=False).values("owner_id")
    held = search_cards().filter(member_id__in=owners).exclude(status__in=_GONE)
    return page_of_cards(held, size=_CHOICES + 1)


def _till_row(card: Card) -> dict[str, Any]:
    row = card_row(card)
    return row | {"holder": masked_name(row["member_name"] or "")}


def _package_row(held: Holding) -> Row:
    return {
        "id": held.product.pk,
        "name": held.product.name,
        "left": held.left,
        "unit_label": held.product.get_unit_display(),
        "usable_until": last_day_before(held.first_end) if held.first_end else None,
    }


def _member_row(card: Card) -> Row | None:
    """What the member behind the card has paid ahead, and what she owes on bills she signed. Amounts in fen."""
    if card.member_id is None:
        return None
    kinds = Account.objects.filter(kind__in=(PREPAYMENT, SIGNED_BILL), holder_id=card.member_id)
    held = dict(kinds.values_list("kind", "balance"))
    return {"prepayment_fen": held.get(PREPAYMENT, 0), "owed_fen": -held.get(SIGNED_BILL, 0)}
