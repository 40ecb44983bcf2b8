"""The ledger's open and closed lists."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Unit(TextChoices):
    """What an amount counts; always whole."""

    CNY = "CNY", _("人民币（分）")
    PTS = "PTS", _("积分")
    CNT = "CNT", _("次数")
    MIN = "MIN", _("分钟")


class Contra(TextChoices):
    """The other side of a posting where no running balance is kept: one such row would be locked by every till at once.

    The set is open: a caller may name another code in capitals (the database holds the form, not the list).
    """

    CASH = "CASH", _("收款")
    REVENUE = "REVENUE", _("营业收入")
    PROMOTION = "PROMOTION", _("促销费用")
    BREAKAGE = "BREAKAGE", _("过期收益")
    OPENING = "OPENING", _("期初余额")
    POINTS = "POINTS", _("积分发放")
    DEFERRED = "DEFERRED", _("待履行服务")
    """Counts and minutes sold and not used yet: what the chain still has to do."""
    FEE = "FEE", _("手续费收入")


class LotKind(TextChoices):
    """Where a lot's value came from. Open like ``Contra``."""

    PRINCIPAL = "PRINCIPAL", _("本金")
    BONUS = "BONUS", _("赠送")
    POINTS = "POINTS", _("积分")
    PACKAGE = "PACKAGE", _("套餐")
