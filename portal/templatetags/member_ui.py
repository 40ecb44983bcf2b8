"""The member's own parts: ``{% load member_ui %}``."""

from typing import Any

from django import template

from billing.subscriptions.entitlements import features_of
from portal.member.navigation import tabs_of

register = template.Library()


@register.inclusion_tag("member/_tabs.html", takes_context=True)
def member_tabs(context: dict[str, Any], css_class: str = "") -> dict[str, Any]:
    """The places that a member can go to, as links; ``nav`` is where she is."""
    tabs = tabs_of(features_of(context["request"].chain))
    return {"tabs": tabs, "nav": context.get("nav", ""), "css_class": css_class}
