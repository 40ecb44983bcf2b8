"""Card levels and cards."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from membership.cards.domain import CardStatus


class CardLevel(models.Model):
    """A level a card is made at: gold, silver, diamond … (R-B09, R-B11)."""

    code = models.CharField(_("级别代码"), max_length=20, unique=True)
    name = models.CharField(_("级别名称"), max_length=40)
    rank = models.PositiveSmallIntegerField(_("次序"))
    validity_months = models.PositiveSmallIntegerField(_("有效期（月）"))
    balance_cap_fen = models.BigIntegerField(_("余额上限（分）"), default=500_000)

    class Meta:
        verbose_name = _("卡级别")
        verbose_name_plural = _("卡级别")
        constraints = [
            models.CheckConstraint(condition=models.Q(validity_months__gt=0), name="card_level_validity_positive"),
            # 单用途商业预付卡管理办法: a registered card holds at most CNY 5,000.
            models.CheckConstraint(
                condition=models.Q(balance_cap_fen__gt=0, balance_cap_fen__lte=500_000), name="card_level_cap_lawful"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Card(models.Model):
    """A card from its making to its end. Its number never changes and is never used again."""

    number = models.CharField(_("卡号"), max_length=32, unique=True)
    level = models.ForeignKey(CardLevel, on_delete=models.PROTECT, verbose_name=_("卡级别"))
    status = models.CharField(_("状态"), max_length=12, choices=CardStatus, default=CardStatus.IDLE)
    # Orthogonal to the status (R-C13).
    locked = models.BooleanField(_("是否锁定"), default=False)
    member = models.ForeignKey(
        "members.Member", on_delete=models.PROTECT, null=True, blank=True, verbose_name=_("会员")
    )
    # Both must hold for the card to be used (R-C04). A date is the last day of validity, in the chain's zone.
    valid_until = models.DateField(_("卡有效期至"), null=True, blank=True)
    account_valid_until = models.DateField(_("账户有效期至"), null=True, blank=True)
    stored_account = models.OneToOneField(
        "ledger.Account", on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("储值账户")
    )
    points_account = models.OneToOneField(
        "ledger.Account", on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("积分账户")
    )
    store = models.ForeignKey(
        "stores.Store", on_delete=models.PROTECT, null=True, blank=True, verbose_name=_("发卡门店")
    )
    made_at = models.DateTimeField(_("制卡时间"))
    issued_at = models.DateTimeField(_("发卡时间"), null=True, blank=True)
    # argon2id with a versioned pepper; empty until issue.
    pin_hash = models.CharField(_("密码散列"), max_length=200, blank=True)
    pin_must_change = models.BooleanField(_("须改密码"), default=True)
    # Sessions opened under an older PIN end when it changes.
    pin_version = models.PositiveIntegerField(_("密码版本"), default=0)

    class Meta:
        verbose_name = _("会员卡")
        verbose_name_plural = _("会员卡")
        constraints = [
            models.CheckConstraint(condition=models.Q(status__in=CardStatus.values), name="card_status_known"),
            models.CheckConstraint(
                condition=models.Q(status="IDLE")
                | models.Q(
                    member__isnull=False,
                    stored_account__isnull=False,
                    points_account__isnull=False,
                    valid_until__isnull=False,
                    account_valid_until__isnull=False,
                    issued_at__isnull=False,
                ),
                name="card_complete_once_issued",
            ),
        ]
        indexes = [models.Index(fields=["status", "number"], name="card_by_status")]

    def __str__(self) -> str:
        return self.number


class CardWebLogin(models.Model):
    """Wrong PINs on the web. They slow and stop web log-in for this card only; they never lock it at a till.

    A row of its own: an attempt holds it locked while the PIN is hashed, and a till must never wait for that.
    """

    card = models.OneToOneField(
        Card, on_delete=models.CASCADE, primary_key=True, related_name="web_login", verbose_name=_("会员卡")
    )
    failures = models.PositiveIntegerField(_("连续错误次数"), default=0)
    blocked_until = models.DateTimeField(_("暂停登录至"), null=True, blank=True)

    class Meta:
        verbose_name = _("网页登录限制")
        verbose_name_plural = _("网页登录限制")

    def __str__(self) -> str:
        return f"{self.card_id}: {self.failures}"
