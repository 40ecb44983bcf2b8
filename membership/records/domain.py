"""The kinds of card records."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class RecordKind(models.TextChoices):
    """What happened to a card (R-A09)."""

    ISSUE = "ISSUE", _("发卡")
    TOP_UP = "TOP_UP", _("充值")
    CONSUMPTION = "CONSUMPTION", _("消费")
    REVERSAL = "REVERSAL", _("冲正")
    ADJUSTMENT = "ADJUSTMENT", _("调整")
    LOSS = "LOSS", _("挂失")
    LOSS_LIFTED = "LOSS_LIFTED", _("解挂")
    FREEZE = "FREEZE", _("冻结")
    UNFREEZE = "UNFREEZE", _("解冻")
    LEVEL_CHANGE = "LEVEL_CHANGE", _("级别变更")
