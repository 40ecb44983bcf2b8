"""The PIN slip on paper: one page, folded twice, the PIN inside."""

from pathlib import Path
from typing import Final

from django.utils.translation import gettext as _

from kernel.paper import pdf, png
from membership.cards.models import Card

TEMPLATE: Final = Path(__file__).parent / "paper" / "pin_slip.typ"


def pin_slip_pdf(*, card: Card, pin: str, chain_name: str, login_url: str) -> bytes:
    """The slip of a card, read with its member and level, as PDF. The PIN is kept nowhere.

    Raises:
        kernel.paper.NoChineseFont
    """
    return pdf(TEMPLATE, _values(card, pin, chain_name, login_url))


def pin_slip_png(*, card: Card, pin: str, chain_name: str, login_url: str) -> bytes:
    """The same page as an image: what it looks like is looked at."""
    return png(TEMPLATE, _values(card, pin, chain_name, login_url))


def _values(card: Card, pin: str, chain_name: str, login_url: str) -> dict[str, str]:
    facts = [
        (_("会员"), card.member.name if card.member else _("不记名")),
        (_("卡号"), _spaced(card.number)),
        (_("卡级别"), card.level.name),
        (_("有效期至"), f"{card.valid_until:%Y-%m-%d}" if card.valid_until else "—"),
    ]
    return {
        "chain": chain_name,
        "title": _("会员卡密码条"),
        "facts": "\n".join(f"{label}\t{_plain(value)}" for label, value in facts),
        "pin_label": _("消费密码"),
        "pin": pin,
        "advice": _("首次登录时须更换。请勿告诉他人，包括店员。"),
        "address": _("查卡网址：") + login_url,
        "fold_first": _("沿此线向内对折"),
        "fold_second": _("再沿此线对折，封口"),
        "sealed": _("封口如有拆动痕迹，请勿接收，并要求重置密码。"),
    }


def _plain(value: str) -> str:
    return value.replace("\t", " ").replace("\n", " ")


def _spaced(number: str) -> str:
    return " ".join(number[start : start + 4] for start in range(0, len(number), 4))
