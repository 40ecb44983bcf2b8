"""A card as a code to be scanned, new every half minute."""

from typing import Any

import qrcode
from django.http import Http404
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from kernel import clock
from membership.cards.domain import CardStanding, refusal
from membership.cards.errors import not_usable
from membership.cards.models import Card
from membership.devices.services.codes import code_of
from portal.member.access import MemberRequest, members_only
from portal.member.shell import own_cards, shell
from portal.rows import card_row

_MARGIN = 3


@require_safe
@never_cache
@members_only
def code(request: MemberRequest) -> HttpResponseBase:
    """The page with the code of one of her cards, by default of the one she is in by."""
    cards = own_cards(request)
    chosen = _chosen(request, cards)
    usable = [card for card in cards if _problem(card) == ""]
    context = shell(request, "services") | {
        "card": card_row(chosen),
        "problem": _problem(chosen),
        "cards": [card_row(card) for card in usable] if len(usable) > 1 else [],
    }
    context |= _shown(chosen) if not context["problem"] else {}
    return render(request, "member/acts/code.html", context)


@require_safe
@never_cache
@members_only
def code_now(request: MemberRequest) -> HttpResponseBase:
    """The code alone, for the script that renews it.

    Raises:
        Http404: the card cannot be used any more; the page says why.
    """
    chosen = _chosen(request, own_cards(request))
    if _problem(chosen):
        raise Http404
    return render(request, "member/acts/_code.html", {"card": card_row(chosen)} | _shown(chosen))


def _chosen(request: MemberRequest, cards: list[Card]) -> Card:
    """The card that was asked for, if it is hers."""
    asked = request.GET.get("card", request.card.number)
    found = next((card for card in cards if card.number == asked), None)
    if found is None:
        raise Http404
    return found


def _problem(card: Card) -> str:
    standing = CardStanding(card.status, card.locked, card.valid_until, card.account_valid_until)
    reason = refusal(standing, on=clock.today())
    return str(not_usable(reason, card_number=card.number)) if reason else ""


def _shown(card: Card) -> dict[str, Any]:
    shown = code_of(card)
    return {"code_text": shown.text, "left_s": shown.left_s, "picture": _drawn(shown.text)}


def _drawn(text: str) -> SafeString:
    """The pattern as SVG: one path, a run of dark modules at a time."""
    pattern = qrcode.QRCode(error_correction=qrcode.constants.ERROR_CORRECT_M, border=_MARGIN)
    pattern.add_data(text)
    rows = pattern.get_matrix()
    runs = []
    for y, row in enumerate(rows):
        x = 0
        while x < len(row):
            width = 0
            while x + width < len(row) and row[x + width]:
                width += 1
            if width:
                runs.append(f"M{x} {y}h{width}v1h-{width}z")
            x += width + 1
    return format_html(
        '<svg class="card-code" viewBox="0 0 {0} {0}" shape-rendering="crispEdges" aria-hidden="true">'
        '<path fill="#fff" d="M0 0h{0}v{0}H0z"/><path d="{1}"/></svg>',
        len(rows),
        "".join(runs),
    )
