"""The offices of the platform's staff: one list for their own pages and for the registers beside them."""

from dataclasses import dataclass
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True, slots=True)
class Office:
    """An office: the name that its pages put into ``nav``, its address, how the menu calls it, its icon."""

    nav: str
    view: str
    title: Promise
    icon: str


OFFICES: Final = (
    Office("chains", "office:chains", _("商户一览"), "stores"),
    Office("events", "office:events", _("收件箱"), "mail"),
    Office("payments", "office:payments", _("支付查询"), "receipt"),
    Office("adjustments", "office:adjustments", _("调整审批"), "adjust"),
    Office("prices", "office:prices", _("价目"), "coins"),
    Office("health", "office:health", _("运行状况"), "gear"),
    Office("invoices", "office:invoices", _("发票"), "book"),
)
