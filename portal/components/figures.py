"""Amounts, moments and card numbers, drawn as they are read."""

from datetime import datetime

from django.utils.html import format_html
from django.utils.safestring import SafeString

from kernel.clock import CHINA
from kernel.money import FEN_PER_YUAN, Money
from portal.components import faces


def money(fen: int | None, size: str = "", *, sign: bool = False) -> SafeString | str:
    """``{% money fen %}`` → ¥1,234.50. ``size`` "lg" or "xl" sets the fen smaller; ``sign`` marks what was received."""
    if fen is None:
        return "—"
    lead = "-" if fen < 0 else ("+" if sign and fen > 0 else "")
    tone = " money-in" if lead == "+" else ""
    if not size:
        return format_html('<span class="money{}">{}</span>', tone, Money(fen).format(sign=sign))
    yuan, rest = divmod(abs(fen), FEN_PER_YUAN)
    return format_html(
        '<span class="money money-{}{}">{}<span class="money-sign">¥</span>{}<span class="money-fen">.{}</span></span>',
        size,
        tone,
        lead,
        f"{yuan:,}",
        f"{rest:02d}",
    )


def moment(at: datetime) -> SafeString:
    """``{% moment record.occurred_at %}`` → 2026-03-02 12:00, in China, with the exact moment for machines."""
    local = at.astimezone(CHINA)
    return format_html('<time class="figures" datetime="{}">{}</time>', local.isoformat(), f"{local:%Y-%m-%d %H:%M}")


def spaced(number: str) -> SafeString:
    """A card number as it is embossed, in groups that are never torn apart."""
    return format_html('<span class="card-no">{}</span>', " ".join(faces.number_groups(number)))
