"""The quick search of every page's head: whatever is scanned or typed, by card number, telephone, name, plate or the
number of a receipt.
"""

from typing import Any, Final

from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from membership.cards.queries import find_card, page_of_cards, search_cards
from membership.cashier.past import find_by_number
from membership.members.queries import page_of_members, search_members
from membership.tills.services import PRINTERS
from membership.vehicles.queries import page_of_vehicles, search_vehicles
from portal.desk.access import DeskRequest, staff_only
from portal.rows import card_row, member_row
from tenants.people.domain import Act

_EACH: Final = 10
_LONGEST: Final = 40


@require_safe
@staff_only(Act.CARD_VIEW, Act.MEMBER_VIEW)
def find(request: DeskRequest) -> HttpResponseBase:
    """What was found, by kind: one query each. A card's whole number, as a scanner sends it, leads straight to it,
    and so does a receipt's."""
    text = " ".join(request.GET.get("q", "").replace("\0", "").split())[:_LONGEST]
    may = request.desk.actor.may_somewhere
    if text and may(Act.CARD_VIEW) and (card := find_card(text)) is not None:
        return redirect("desk:card_detail", number=card.number)
    if any(may(act) for act in PRINTERS) and (record_id := find_by_number(text)) is not None:
        return redirect("desk:receipt", record_id=record_id)
    # One character finds half of all; a family name is one Chinese character.
    wanted = len(text) > 1 or (bool(text) and not text.isascii())
    context: dict[str, Any] = {"q": text, "each": _EACH, "is_short": bool(text) and not wanted}
    if wanted and may(Act.CARD_VIEW):
        cards = page_of_cards(search_cards(text=text), size=_EACH + 1)
        context |= {"cards": [card_row(card) for card in cards[:_EACH]], "more_cards": len(cards) > _EACH}
    if wanted and may(Act.MEMBER_VIEW):
        members = page_of_members(search_members(text), size=_EACH + 1)
        context |= {"members": [member_row(one) for one in members[:_EACH]], "more_members": len(members) > _EACH}
        vehicles = page_of_vehicles(search_vehicles(text).filter(owner__isnull=False), size=_EACH + 1)
        context |= {"vehicles": vehicles[:_EACH], "more_vehicles": len(vehicles) > _EACH}
    context["none"] = wanted and not any(context.get(kind) for kind in ("cards", "members", "vehicles"))
    return render(request, "desk/find.html", context)
