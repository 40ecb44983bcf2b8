"""What a member has: stored value, points and packages card by card, and what she paid ahead (R-A06 – R-A08, X-09)."""

from typing import Any

from django.http import Http404
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from kernel import clock
from ledger.domain import Unit
from membership.cards.models import Card
from membership.cards.queries import CardValue, values_of
from membership.expiry.parts import Part, parts_of
from membership.packages.domain import account_kind
from membership.packages.models import PackageProduct
from membership.packages.queries import products
from portal.holdings import prepayment_of
from portal.member.access import MemberRequest, members_only
from portal.member.shell import member_id_of, own_cards, plan_of, shell, shows_balance
from portal.rows import card_row, lot_label


@require_safe
@never_cache
@members_only
def balances(request: MemberRequest) -> HttpResponseBase:
    """What she has, and until when each part of it can be used; from plan B on. What a card holds is left out in a
    single store, which shows it on its own receipts (R-A07); what she paid ahead and her points are not.
    """
    if not plan_of(request).shows_balances:
        raise Http404
    cards = own_cards(request)
    stored = shows_balance(request)
    named = {product.pk: product for product in products()}
    packages = [account_kind(product_id) for product_id in named]
    values, parts = values_of(cards), parts_of(cards, package_kinds=packages, moment=clock.now())
    held = [_held(card, values.get(card.pk), parts.get(card.pk, []), named) for card in cards]
    context = shell(request, "balances") | {
        "shows_stored": stored,
        "stored_fen": sum(value.total_fen for value in values.values()),
        "points": sum(value.points for value in values.values()),
        "prepayment_fen": prepayment_of(member_id_of(request)),
        "cards": held,
    }
    return render(request, "member/balances.html", context)


def _held(card: Card, value: CardValue | None, parts: list[Part], named: dict[int, PackageProduct]) -> dict[str, Any]:
    return card_row(card) | {
        "total_fen": value.total_fen if value else 0,
        "principal_fen": value.principal_fen if value else 0,
        "bonus_fen": value.bonus_fen if value else 0,
        "points": value.points if value else 0,
        "stored_parts": [_row(part, lot_label(part.kind)) for part in parts if part.unit == Unit.CNY.value],
        "points_parts": [_row(part, _("积分")) for part in parts if part.unit == Unit.PTS.value],
        "package_parts": [
            _row(part, named[part.product_id].name) | {"unit": named[part.product_id].get_unit_display()}
            for part in parts
            if part.product_id in named
        ],
    }


def _row(part: Part, label: str) -> dict[str, Any]:
    return {"label": label, "amount": part.amount, "last_day": part.last_day, "if_unused": part.if_unused}
