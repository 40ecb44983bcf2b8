"""What every page of a member is made from: whose cards, what the plan shows of them, and the frame around it."""

from typing import Any, Final

from django.db.models import QuerySet
from django.http import HttpRequest

from billing.pricebook.domain import PlanFeatures
from billing.subscriptions.entitlements import features_of
from kernel import clock
from membership.cards.models import Card
from membership.cards.queries import cards_of_holder, plain_cards_of_member
from membership.records.models import Record
from membership.records.queries import records_of_cards
from membership.retention.queries import shown
from portal.member.access import MemberRequest
from tenants.stores.queries import count_open

# A card balance is shown in a chain; a single store shows it on its own receipts (R-A06, R-A07).
_LEAST_STORES: Final = 2


def shell(request: MemberRequest, nav: str) -> dict[str, Any]:
    """What the frame of every page of hers needs; ``nav``: where in the navigation it stands."""
    return {"member_name": request.card.member.name if request.card.member else "", "nav": nav}


def plan_of(request: HttpRequest) -> PlanFeatures:
    """What the chain's plan shows its members."""
    return features_of(request.chain)  # type: ignore[attr-defined]


def shows_balance(request: HttpRequest) -> bool:
    """Is what a card holds shown here? In a chain of stores, from plan B on (R-A06, R-A07)."""
    return plan_of(request).shows_balances and count_open() >= _LEAST_STORES


def member_id_of(request: MemberRequest) -> int:
    """Whose session it is."""
    assert request.card.member_id is not None  # noqa: S101  (whoever logs in holds a card of a member's)
    return request.card.member_id


def own_cards(request: MemberRequest) -> list[Card]:
    """Every card of whoever holds the card of this session."""
    holder = request.card.member
    assert holder is not None  # noqa: S101  (whoever logs in holds a card of a member's)
    return cards_of_holder(holder)


def own_plain_cards(request: MemberRequest) -> list[Card]:
    """The same cards with their holder and nothing else beside them: for pages about what happened to them."""
    found = plain_cards_of_member(member_id_of(request))
    for card in found:
        card.member = request.card.member
    return found


def shown_records(request: MemberRequest, cards: list[Card]) -> QuerySet[Record]:
    """The records of these cards, as far back as the plan keeps them (R-A10) and none were cleared."""
    found = records_of_cards(card.pk for card in cards)
    return shown(found, today=clock.today(), months=plan_of(request).records_kept_months)
