"""The page that shows a new PIN, once."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render

from membership.cards.services import IssuedCard, Successor
from portal.desk.access import DeskRequest
from portal.hosts import chain_url
from portal.rows import card_row


def pin_slip(
    request: DeskRequest, issued: IssuedCard, *, reset: bool = False, moved: Successor | None = None
) -> HttpResponse:
    """The answer itself carries the PIN: no address leads to it a second time. ``moved``: what came over from the card
    that this one replaces.
    """
    card = issued.card
    context: dict[str, Any] = {
        "card": card_row(card),
        "member": {"name": card.member.name, "code": card.member.code} if card.member else None,
        "pin": issued.pin,
        "pin_version": card.pin_version,
        "login_url": chain_url(request, request.chain.slug),  # type: ignore[attr-defined]
        "reset": reset,
        "nav": "cards" if reset or moved else "issue",
    }
    if moved is not None:
        context["moved"] = {
            "stored_fen": moved.moved.stored_fen,
            "points": moved.moved.points,
            "packages": moved.moved.packages,
            "fee_fen": moved.fee_fen,
        }
    return render(request, "desk/pin_slip.html", context)
