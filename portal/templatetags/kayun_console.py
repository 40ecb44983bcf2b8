"""What the pages of a chain in the owner's console have in common: ``{% load kayun_console %}``."""

from collections.abc import Sequence
from typing import Any

from django import template

from billing.forecasts.queries import coming_prices, forecast_of
from kernel import clock
from portal.components import chart
from tenants.chains.models import Chain

register = template.Library()


@register.inclusion_tag("console/_chain_nav.html")
def chain_nav(chain: Chain, part: str) -> dict[str, Any]:
    """The chain's pages, ``part`` being this one; how its account stands where that wants doing something, and the
    prices that are to come.
    """
    today = clock.today()
    found = forecast_of(chain.pk, today=today)
    steps = coming_prices(chain.pk, today=today) if found else []
    return {
        "chain": chain,
        "part": part,
        "found": found,
        "level": found.level.name if found else "",
        "step": next(iter(steps), None),
    }


@register.inclusion_tag("console/_usage_chart.html")
def usage_chart(points: Sequence[Any], caption: str) -> dict[str, Any]:
    """Calls over time: ``points`` have label, short, quantity, fen, href and chosen; the same figures in a table."""
    bars = chart.time_bars([point.quantity for point in points])
    return {
        "caption": caption,
        "points": list(zip(points, bars, strict=True)),
        "width": chart.PLOT_WIDTH,
        "height": chart.PLOT_HEIGHT,
        "most": max((point.quantity for point in points), default=0),
    }
