"""The example on the landing page: made-up figures, real arithmetic. A top-up of 1,000 with a bonus of 100."""

from typing import Any

from django.utils.translation import gettext as _

from kernel.money import Money

_PAID = Money.from_yuan(1000)
_BONUS = Money.from_yuan(100)
_SPENT = Money(-26_850)


def example() -> dict[str, Any]:
    """Two cards, a balance after one consumption, and the entries of the top-up, which sum to zero."""
    entries = [
        (_("卡内储值·本金"), _PAID),
        (_("卡内储值·赠送"), _BONUS),
        (_("对方：现金"), -_PAID),
        (_("对方：促销支出"), -_BONUS),
    ]
    return {
        "chain": _("云杉汽车生活"),
        "holder": _("林晓雨"),
        "gold": {"number": "8800000000120016", "level_name": _("金卡"), "level_face": "gold"},
        "diamond": {"number": "8800000000120024", "level_name": _("钻石卡"), "level_face": "diamond"},
        "balance_fen": (_PAID + _BONUS + _SPENT).fen,
        "spent_fen": _SPENT.fen,
        "entries": [{"label": label, "amount": amount.format(sign=True)} for label, amount in entries],
    }
