"""The member's own parts: ``{% load member_ui %}``."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from django import template
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from billing.pricebook.domain import PlanFeatures
from billing.subscriptions.entitlements import features_of
from membership.cashier.paid_queries import MonthPaid
from portal.branding import look_of
from portal.components import chart
from portal.member.app_views import worker_url
from portal.member.navigation import tabs_of

register = template.Library()


@register.simple_tag(takes_context=True)
def member_tabs(context: dict[str, Any], css_class: str = "") -> SafeString:
    """The places that a member can go to, as links; ``nav`` is where she is."""
    return _tabs(features_of(context["request"].chain), context.get("nav", ""), css_class, get_language())


@lru_cache(maxsize=256)
def _tabs(plan: PlanFeatures, nav: str, css_class: str, _language: str | None) -> SafeString:
    """Drawn once for each plan, place and language: nothing in it is of anybody."""
    return render_to_string("member/_tabs.html", {"tabs": tabs_of(plan), "nav": nav, "css_class": css_class})


@register.inclusion_tag("components/month_chart.html")
def month_chart(months: Sequence[MonthPaid]) -> dict[str, Any]:
    """What was spent and what was paid in by month, with the same figures in a table."""
    bars = chart.day_bars([(month.spent_fen, month.paid_in_fen) for month in months])
    return {"months": list(zip(months, bars, strict=True)), "width": chart.PLOT_WIDTH, "height": chart.PLOT_HEIGHT}


@register.simple_tag(takes_context=True)
def member_head(context: dict[str, Any]) -> SafeString:
    """What makes the portal installable, and what a search says of it."""
    return _head(context["request"].chain.name, get_language())


@lru_cache(maxsize=1024)
def _head(chain_name: str, _language: str | None) -> SafeString:
    """Drawn once for each chain and language."""
    description = _("%(chain)s 会员门户：凭卡号和密码查看会员卡、用卡记录与结算。") % {"chain": chain_name}
    return render_to_string("member/_head.html", {"worker_url": worker_url(), "description": description})


@register.inclusion_tag("member/_look.html", takes_context=True)
def member_look(context: dict[str, Any]) -> dict[str, Any]:
    """The chain's own style sheet, to come after the portal's."""
    return {"look": look_of(context["request"])}


@register.inclusion_tag("member/_brand.html", takes_context=True)
def member_mark(context: dict[str, Any]) -> dict[str, Any]:
    """The chain's logo, or the house's mark."""
    return {"look": look_of(context["request"])}


@register.simple_tag(takes_context=True)
def own_face(context: dict[str, Any], face: str = "plain") -> str:
    """The face that a card is drawn with: the chain's own where it chose one."""
    look = look_of(context["request"])
    return "own" if look is not None and look.card_colour else face
