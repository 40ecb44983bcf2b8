"""A chain's rules of expiry, the daily runs, and the notices that go before points are cleared."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from membership.expiry.domain import DormantState, NoticeChannel, NoticeState, PointsPolicy


class ExpiryPolicy(models.Model):
    """The chain's rules: exactly one row, made with its schema."""

    ONLY: int = 1

    id = models.PositiveSmallIntegerField(primary_key=True, default=ONLY)
    points_policy = models.CharField(
        _("积分有效期规则"), max_length=20, choices=PointsPolicy, default=PointsPolicy.ROLLING_INACTIVITY
    )
    points_months = models.PositiveSmallIntegerField(_("积分有效期（月）"), default=12)
    # Points are never cleared sooner than so many days after the notice (R-G02).
    points_notice_days = models.PositiveSmallIntegerField(_("清零提前通知（天）"), default=30)
    dormant_months = models.PositiveSmallIntegerField(_("睡眠卡认定（月）"), default=12)
    # Cards are never frozen sooner than so many days after the list was approved and published (R-G04).
    dormancy_notice_days = models.PositiveSmallIntegerField(_("冻结提前通知（天）"), default=15)
    # Members are reminded so many days before their cards end (R-P28); 0: they are not.
    validity_notice_days = models.PositiveSmallIntegerField(_("卡到期提前提醒（天）"), default=30, db_default=30)

    class Meta:
        verbose_name = _("到期规则")
        verbose_name_plural = _("到期规则")
        constraints = [
            models.CheckConstraint(condition=models.Q(id=1), name="expiry_policy_single"),
            models.CheckConstraint(
                condition=models.Q(points_policy__in=PointsPolicy.values), name="expiry_policy_points_known"
            ),
            models.CheckConstraint(
                condition=models.Q(points_months__gte=1, points_months__lte=120), name="expiry_policy_points_months"
            ),
            models.CheckConstraint(
                condition=models.Q(dormant_months__gte=6, dormant_months__lte=120), name="expiry_policy_dormant_months"
            ),
        ]

    def __str__(self) -> str:
        return self.points_policy


class DailyRun(models.Model):
    """One day's expiry in this chain. Without ``finished_at`` it is still to be done: the sweeper finds it."""

    day = models.DateField(_("日期"), unique=True)
    started_at = models.DateTimeField(_("开始时间"))
    finished_at = models.DateTimeField(_("完成时间"), null=True, blank=True)
    counts = models.JSONField(_("结果"), default=dict)

    class Meta:
        verbose_name = _("到期处理")
        verbose_name_plural = _("到期处理")

    def __str__(self) -> str:
        return self.day.isoformat()


class ClearingNotice(models.Model):
    """The promise that a card's points stand until a day (R-G02). At most one is open for a card."""

    card = models.ForeignKey("cards.Card", on_delete=models.PROTECT, related_name="+", verbose_name=_("会员卡"))
    points = models.BigIntegerField(_("通知时积分"))
    noticed_on = models.DateField(_("通知日期"))
    clears_on = models.DateField(_("清零日期"))
    channel = models.CharField(_("通知方式"), max_length=8, choices=NoticeChannel)
    # When the channel was chosen and the message written; null until a worker has come to it.
    told_at = models.DateTimeField(_("通知发出时间"), null=True, blank=True)
    # The text message, by value: it is another part's.
    text_id = models.BigIntegerField(_("短信编号"), null=True, blank=True)
    state = models.CharField(_("状态"), max_length=8, choices=NoticeState, default=NoticeState.OPEN)
    ended_at = models.DateTimeField(_("结束时间"), null=True, blank=True)

    class Meta:
        verbose_name = _("积分清零通知")
        verbose_name_plural = _("积分清零通知")
        constraints = [
            models.UniqueConstraint(
                fields=["card"], condition=models.Q(state=NoticeState.OPEN), name="clearing_notice_one_open"
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=NoticeState.values, channel__in=NoticeChannel.values),
                name="clearing_notice_known",
            ),
            models.CheckConstraint(
                condition=models.Q(state=NoticeState.OPEN, ended_at__isnull=True)
                | (~models.Q(state=NoticeState.OPEN) & models.Q(ended_at__isnull=False)),
                name="clearing_notice_ends_once",
            ),
            models.CheckConstraint(
                condition=models.Q(clears_on__gte=models.F("noticed_on")), name="clearing_notice_before"
            ),
        ]
        indexes = [models.Index(fields=["state", "clears_on", "id"], name="clearing_notice_due")]

    def __str__(self) -> str:
        return f"{self.card_id} {self.clears_on}"


class ValidityNotice(models.Model):
    """A card will end on a day, and its holder is told so, once for that day (R-P28). The row says nothing of today: a
    card that was given another day since, or is not in use any more, is left out by whoever reads (``queries``).
    """

    card = models.ForeignKey("cards.Card", on_delete=models.CASCADE, related_name="+", verbose_name=_("会员卡"))
    # The last day on which it may be used: of the card or of its account, whichever ends first (R-C04).
    ends_on = models.DateField(_("有效期至"))
    noticed_on = models.DateField(_("通知日期"))
    channel = models.CharField(_("通知方式"), max_length=8, choices=NoticeChannel, default=NoticeChannel.SHOP)
    # As with notices of clearing.
    told_at = models.DateTimeField(_("通知发出时间"), null=True, blank=True)
    text_id = models.BigIntegerField(_("短信编号"), null=True, blank=True)

    class Meta:
        verbose_name = _("卡到期提醒")
        verbose_name_plural = _("卡到期提醒")
        constraints = [
            models.UniqueConstraint(fields=["card", "ends_on"], name="validity_notice_once"),
            models.CheckConstraint(
                condition=models.Q(channel__in=NoticeChannel.values), name="validity_notice_channel_known"
            ),
            models.CheckConstraint(
                condition=models.Q(ends_on__gte=models.F("noticed_on")), name="validity_notice_before"
            ),
        ]
        indexes = [models.Index(fields=["ends_on", "id"], name="validity_notice_by_day")]

    def __str__(self) -> str:
        return f"{self.card_id} {self.ends_on}"


class DormantCard(models.Model):
    """A card on a list of dormant cards; the list itself is a document (R-G04)."""

    document = models.ForeignKey(
        "documents.Document", on_delete=models.PROTECT, related_name="+", verbose_name=_("单据")
    )
    card = models.ForeignKey("cards.Card", on_delete=models.PROTECT, related_name="+", verbose_name=_("会员卡"))
    last_used_at = models.DateTimeField(_("最后使用"))
    # What was on it when the list was made: what finance is told of.
    balance_fen = models.BigIntegerField(_("余额（分）"))
    points = models.BigIntegerField(_("积分"))
    channel = models.CharField(_("通知方式"), max_length=8, choices=NoticeChannel, default=NoticeChannel.SHOP)
    # As with notices of clearing.
    told_at = models.DateTimeField(_("通知发出时间"), null=True, blank=True)
    text_id = models.BigIntegerField(_("短信编号"), null=True, blank=True)
    state = models.CharField(_("状态"), max_length=8, choices=DormantState, default=DormantState.LISTED)
    freezes_on = models.DateField(_("冻结日期"), null=True, blank=True)
    changed_at = models.DateTimeField(_("最近办理时间"))

    class Meta:
        verbose_name = _("睡眠卡")
        verbose_name_plural = _("睡眠卡")
        constraints = [
            models.UniqueConstraint(fields=["document", "card"], name="dormant_card_once"),
            models.UniqueConstraint(
                fields=["card"],
                condition=models.Q(state__in=["LISTED", "NOTIFIED"]),
                name="dormant_card_on_one_list",
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=DormantState.values, channel__in=NoticeChannel.values),
                name="dormant_card_known",
            ),
            models.CheckConstraint(
                condition=models.Q(freezes_on__isnull=False) | ~models.Q(state__in=["NOTIFIED", "FROZEN", "REOPENED"]),
                name="dormant_card_has_its_day",
            ),
        ]
        indexes = [
            models.Index(fields=["document", "id"], name="dormant_card_by_list"),
            models.Index(fields=["state", "freezes_on", "id"], name="dormant_card_due"),
        ]

    def __str__(self) -> str:
        return f"{self.card_id} {self.state}"
