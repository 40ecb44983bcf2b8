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
    ACTIVATION = "ACTIVATION", _("激活")
    PREPAYMENT = "PREPAYMENT", _("预存")
    REFUND = "REFUND", _("退款")
    RETURN = "RETURN", _("退货")
    SIGNED_BILL = "SIGNED_BILL", _("签单")
    SETTLEMENT = "SETTLEMENT", _("结算")
    POINTS = "POINTS", _("积分变动")
    POINTS_EXPIRY = "POINTS_EXPIRY", _("积分清零")
    EXPIRY = "EXPIRY", _("到期失效")
    """A lot that was given and has an end is over: bonus, counts or minutes."""
    PACKAGE = "PACKAGE", _("套餐")
    OPENING = "OPENING", _("期初接管")
    MOVE_OUT = "MOVE_OUT", _("转出")
    """Value went to another card: reissue, replacement, merge."""
    MOVE_IN = "MOVE_IN", _("转入")
    REISSUE = "REISSUE", _("补卡")
    REPLACEMENT = "REPLACEMENT", _("换卡")
    FEE = "FEE", _("工本费")
    VALIDITY = "VALIDITY", _("有效期调整")
    EXPIRED = "EXPIRED", _("过期")
    REACTIVATION = "REACTIVATION", _("重新激活")
    PIN_LOCK = "PIN_LOCK", _("密码锁定")
    PIN_UNLOCK = "PIN_UNLOCK", _("密码解锁")
    LOCK = "LOCK", _("锁定")
    UNLOCK = "UNLOCK", _("解除锁定")
    WITHDRAWAL = "WITHDRAWAL", _("退会")
    COLLECTION = "COLLECTION", _("回收")
    DESTRUCTION = "DESTRUCTION", _("销毁")
