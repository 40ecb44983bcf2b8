"""What every page of a chain in the owner's console shows above its own: ``{% load kayun_console %}``."""

from typing import Any

from django import template

from billing.forecasts.queries import forecast_of
from kernel import clock
from tenants.chains.models import Chain

register = template.Library()


@register.inclusion_tag("console/_chain_nav.html")
def chain_nav(chain: Chain, part: str) -> dict[str, Any]:
    """The chain's pages, ``part`` being this one, and how its account stands where that wants doing something."""
    found = forecast_of(chain.pk, today=clock.today())
    return {"chain": chain, "part": part, "found": found, "level": found.level.name if found else ""}
