"""The words of a member's record."""

from typing import Final

from django.db import models
from django.utils.translation import gettext_lazy as _


class Category(models.TextChoices):
    """What a customer is to the chain. Only a retained one is enrolled (R-B02)."""

    RETAINED = "RETAINED", _("保有客户")
    """Buys here: may hold cards."""
    PROSPECT = "PROSPECT", _("潜在客户")
    """Has asked, has not bought yet."""
    VISITING = "VISITING", _("散客")
    """Bought once, is looked after elsewhere."""
    DEPARTED = "DEPARTED", _("流失客户")
    """Has not come for long."""


class ConsentPurpose(models.TextChoices):
    """What a member may agree to (PIPL 13, 14). What the contract itself needs is not asked for."""

    MARKETING = "MARKETING", _("促销活动通知")
    CARE = "CARE", _("生日与保养关怀")
    PROFILING = "PROFILING", _("消费偏好分析")
    REMINDER = "REMINDER", _("积分与卡片到期提醒")


class ConsentChannel(models.TextChoices):
    """The way on which she may be met."""

    SMS = "SMS", _("短信")
    PHONE = "PHONE", _("电话")
    WECHAT = "WECHAT", _("微信")
    EMAIL = "EMAIL", _("邮件")
    POST = "POST", _("信函")
    NONE = "NONE", _("不联系")
    """The purpose needs no message."""


class ConsentSource(models.TextChoices):
    """How a consent was given or withdrawn: part of its proof."""

    SIGNED_FORM = "SIGNED_FORM", _("签字的书面表")
    DESK = "DESK", _("柜台当面")
    PHONE = "PHONE", _("电话")
    PORTAL = "PORTAL", _("会员网页")
    MESSAGE = "MESSAGE", _("回复短信")
    TAKE_OVER = "TAKE_OVER", _("旧系统资料")


OWN_PROOF: Final = "session "
"""How the proof of a consent begins that a member gave by herself; the number of her log-in follows."""


class TagColour(models.TextChoices):
    """The colours of tags: names of the style sheet's, so that every one is readable."""

    PLAIN = "plain", _("灰色")
    BRAND = "brand", _("青色")
    GOOD = "good", _("绿色")
    WARN = "warn", _("橙色")
    BAD = "bad", _("红色")
