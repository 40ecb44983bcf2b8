"""Money, quantities and dates as people write them in China: ``{% load kayun %}``."""

from django import template

from kernel.money import Money

register = template.Library()


@register.filter
def yuan(fen: int | Money | None) -> str:
    """``{{ 123450|yuan }}`` → ¥1,234.50. Nothing for None."""
    if fen is None:
        return ""
    return (fen if isinstance(fen, Money) else Money(int(fen))).format()


@register.filter
def signed_yuan(fen: int | Money | None) -> str:
    """Like ``yuan``, with a + for what was received."""
    if fen is None:
        return ""
    return (fen if isinstance(fen, Money) else Money(int(fen))).format(sign=True)
