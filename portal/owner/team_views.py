"""The stores of a chain, with the plan that their number asks for, and the people who work there."""

from typing import Final

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from billing.pricebook.domain import PLANS, plan_floor
from billing.subscriptions.queries import holding_of
from portal.owner.access import OwnerRequest, owner_only
from portal.owner.chains import own_active_chain
from tenants.chains.establishment import open_stores_of, team_of

_PEOPLE_SHOWN: Final = 100


@require_safe
@never_cache
@owner_only
def team(request: OwnerRequest, slug: str) -> HttpResponse:
    """To be looked at: stores are opened, and people taken on, at the desk."""
    chain = own_active_chain(request, slug)
    holding = holding_of(chain.pk)
    stores = open_stores_of(chain.schema_name)
    people, active = team_of(chain.schema_name, limit=_PEOPLE_SHOWN)
    context = {
        "chain": chain,
        "plan": holding.terms.plan.value,
        "stores": stores,
        "floor": plan_floor(open_stores=len(stores)).value,
        "served": [features for features in PLANS.values() if features.most_stores is not None],
        "most_stores": PLANS[holding.terms.plan].most_stores,
        "people": people,
        "active": active,
        "more": active > _PEOPLE_SHOWN,
    }
    return render(request, "console/team.html", context)
