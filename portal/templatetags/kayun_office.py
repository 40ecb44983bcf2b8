"""The menu of the platform's staff, for templates."""

from collections.abc import Sequence

from django import template

from portal.platform.menu import OFFICES, Office

register = template.Library()


@register.simple_tag
def offices() -> Sequence[Office]:
    """Every office, in the order of the menu."""
    return OFFICES
