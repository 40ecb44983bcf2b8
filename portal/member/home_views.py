"""A member's first page: her cards, what is on them, and what happened last."""

from typing import Any

from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from kernel import clock
from membership.cards.domain import CardStanding, refusal
from membership.cards.errors import not_usable
from membership.cards.models import Card
from membership.cards.queries import CardValue, values_of
from membership.records.queries import page_of_records
from portal.endings import ending_soon
from portal.holdings import member_sums, package_rows
from portal.member.access import MemberRequest, members_only
from portal.member.record_views import linked
from portal.member.shell import own_cards, plan_of, shell, shown_records, shows_balance
from portal.rows import card_row

_RECENT = 5


@require_safe
@never_cache
@members_only
def home(request: MemberRequest) -> HttpResponseBase:
    """Her cards (R-A05), what is on them where the plan shows it (R-A06, R-A07), and what happened last."""
    cards = own_cards(request)
    show_balance = shows_balance(request)
    values, endings = values_of(cards), ending_soon(cards)
    shows_sums = plan_of(request).shows_balances
    packages = package_rows(cards) if shows_sums else {}
    recent = page_of_records(shown_records(request, cards), size=_RECENT, cards=cards)
    context = shell(request, "home") | {
        "show_balance": show_balance,
        "cards": [
            _own_card(sequence, card, values.get(card.pk) if show_balance else None)
            | {"points": values[card.pk].points if shows_sums and card.pk in values else None}
            | {"endings": endings.get(card.pk, []) if show_balance else [], "packages": packages.get(card.pk, [])}
            for sequence, card in enumerate(cards, start=1)
        ],
        # What she owes is hers to see on any plan (R-A03); what she paid ahead, from plan B on (R-A08).
        "sums": member_sums(request.card.member_id),
        "show_prepayment": shows_sums,
        "recent": [linked(record) for record in recent],
        # With one card there is nothing to tell apart.
        "show_card": len(cards) > 1,
    }
    return render(request, "member/home.html", context)


def _own_card(sequence: int, card: Card, value: CardValue | None) -> dict[str, Any]:
    standing = CardStanding(card.status, card.locked, card.valid_until, card.account_valid_until)
    reason = refusal(standing, on=clock.today())
    return card_row(card) | {
        "sequence": sequence,
        "usable": reason is None,
        "advice": str(not_usable(reason, card_number=card.number)) if reason else "",
        "balance_fen": value.total_fen if value else None,
        "principal_fen": value.principal_fen if value else None,
        "bonus_fen": value.bonus_fen if value else None,
    }
