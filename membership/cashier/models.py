"""What a chain has chosen for its cashiers, and what they keep beside the ledger."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from ledger.domain import DrawPolicy
from membership.cashier.bonus import BonusKind

DRAW_POLICY_CHOICES = [
    (DrawPolicy.EARLIEST_EXPIRY.value, _("先到期先用")),
    (DrawPolicy.BONUS_FIRST.value, _("先用赠送金额")),
    (DrawPolicy.PRO_RATA.value, _("本金与赠送按比例")),
]


class ChainPolicy(models.Model):
    """The chain's settings: exactly one row, made with its schema."""

    ONLY: int = 1

    id = models.PositiveSmallIntegerField(primary_key=True, default=ONLY)
    draw_policy = models.CharField(
        _("扣款顺序"), max_length=20, choices=DRAW_POLICY_CHOICES, default=DrawPolicy.EARLIEST_EXPIRY.value
    )
    # How long what is given with a top-up may be used; null is for ever. What is paid never expires.
    bonus_validity_months = models.PositiveSmallIntegerField(
        _("赠送金额有效期（月）"), null=True, blank=True, default=12
    )
    # What a member may owe on signed bills in all, unless she has a limit of her own. Zero: nobody signs.
    signed_limit_fen = models.BigIntegerField(_("签单限额（分）"), default=0, db_default=0)
    signed_due_days = models.PositiveSmallIntegerField(_("签单账期（天）"), default=30, db_default=30)
    # What a return without the card costs, in hundredths of a percent of the goods. Off by default.
    return_fee_bp = models.PositiveSmallIntegerField(_("无卡退货手续费（万分之）"), default=0, db_default=0)

    class Meta:
        verbose_name = _("商户设置")
        verbose_name_plural = _("商户设置")
        constraints = [
            models.CheckConstraint(condition=models.Q(id=1), name="chain_policy_single"),
            models.CheckConstraint(
                condition=models.Q(draw_policy__in=[policy.value for policy in DrawPolicy]),
                name="chain_policy_draw_known",
            ),
            models.CheckConstraint(
                condition=models.Q(signed_limit_fen__gte=0, return_fee_bp__lte=300), name="chain_policy_value_sane"
            ),
        ]

    def __str__(self) -> str:
        return self.draw_policy


class PointsRule(models.Model):
    """How much must be paid for one point, for whom and when; the closest rule decides (R-E08, R-I01)."""

    name = models.CharField(_("规则名称"), max_length=60)
    # Null: every level.
    level = models.ForeignKey(
        "cards.CardLevel", on_delete=models.PROTECT, null=True, blank=True, verbose_name=_("卡级别")
    )
    fen_per_point = models.PositiveIntegerField(_("每积分消费（分）"))
    # Days in China, both included; null is open.
    starts_on = models.DateField(_("开始日期"), null=True, blank=True)
    ends_on = models.DateField(_("结束日期"), null=True, blank=True)
    enabled = models.BooleanField(_("启用"), default=True)

    class Meta:
        verbose_name = _("积分规则")
        verbose_name_plural = _("积分规则")
        constraints = [
            models.CheckConstraint(condition=models.Q(fen_per_point__gt=0), name="points_rule_positive"),
            models.CheckConstraint(
                condition=models.Q(starts_on__isnull=True)
                | models.Q(ends_on__isnull=True)
                | models.Q(ends_on__gte=models.F("starts_on")),
                name="points_rule_days_in_order",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class BonusRule(models.Model):
    """What a top-up of so much brings with it, for whom, where and when (R-E08, R-G06).

    A rule that has been used is on the records of its top-ups by name and number; changing it changes nothing of them.
    """

    name = models.CharField(_("规则名称"), max_length=60)
    min_paid_fen = models.BigIntegerField(_("充值满（分）"))
    kind = models.CharField(_("赠送方式"), max_length=8, choices=BonusKind)
    # Fen for a fixed bonus, hundredths of a percent of what is paid for the other.
    value = models.BigIntegerField(_("赠送值"))
    level = models.ForeignKey(
        "cards.CardLevel", on_delete=models.PROTECT, null=True, blank=True, verbose_name=_("卡级别")
    )
    store = models.ForeignKey("stores.Store", on_delete=models.PROTECT, null=True, blank=True, verbose_name=_("门店"))
    starts_on = models.DateField(_("开始日期"), null=True, blank=True)
    ends_on = models.DateField(_("结束日期"), null=True, blank=True)
    # What one member may be given by this rule in a day.
    day_cap_fen = models.BigIntegerField(_("每会员每日上限（分）"), null=True, blank=True)
    # Null: as the chain's policy says.
    validity_months = models.PositiveSmallIntegerField(_("赠送有效期（月）"), null=True, blank=True)
    enabled = models.BooleanField(_("启用"), default=True)

    class Meta:
        verbose_name = _("充值赠送规则")
        verbose_name_plural = _("充值赠送规则")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(min_paid_fen__gt=0, value__gt=0)
                & (models.Q(day_cap_fen__isnull=True) | models.Q(day_cap_fen__gt=0)),
                name="bonus_rule_positive",
            ),
            models.CheckConstraint(
                condition=models.Q(kind="FIXED") | models.Q(kind="PERCENT", value__lte=10_000),
                name="bonus_rule_kind_known",
            ),
            models.CheckConstraint(
                condition=models.Q(starts_on__isnull=True)
                | models.Q(ends_on__isnull=True)
                | models.Q(ends_on__gte=models.F("starts_on")),
                name="bonus_rule_days_in_order",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class MemberTerms(models.Model):
    """What the cashiers know of a member beyond the chain's policy: her own limit, and whether she works here."""

    member = models.OneToOneField(
        "members.Member",
        on_delete=models.CASCADE,
        primary_key=True,
        related_name="cashier_terms",
        verbose_name=_("会员"),
    )
    # Null: the chain's.
    signed_limit_fen = models.BigIntegerField(_("签单限额（分）"), null=True, blank=True)
    # Staff take no part in bonus offers (R-I03).
    is_staff = models.BooleanField(_("本商户员工"), default=False)

    class Meta:
        verbose_name = _("会员收银条件")
        verbose_name_plural = _("会员收银条件")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(signed_limit_fen__isnull=True) | models.Q(signed_limit_fen__gte=0),
                name="member_terms_limit_sane",
            ),
        ]

    def __str__(self) -> str:
        return str(self.member_id)


class SignedBill(models.Model):
    """A consumption or the part of one that is paid later (R-A03). What is open is owed by the member.

    The debts themselves are in the ledger, on the member's SIGNED_BILL account; this says which bills they are of.
    """

    # The posting's own id, which is its record's too.
    id = models.UUIDField(primary_key=True)
    number = models.CharField(_("签单号"), max_length=24, unique=True)
    member = models.ForeignKey("members.Member", on_delete=models.PROTECT, verbose_name=_("会员"))
    card = models.ForeignKey("cards.Card", on_delete=models.PROTECT, verbose_name=_("会员卡"))
    store = models.ForeignKey("stores.Store", on_delete=models.PROTECT, verbose_name=_("门店"))
    amount_fen = models.BigIntegerField(_("签单金额（分）"))
    settled_fen = models.BigIntegerField(_("已结（分）"), default=0)
    # What a reversal or a return of goods took off it.
    relieved_fen = models.BigIntegerField(_("已冲减（分）"), default=0)
    due_on = models.DateField(_("到期日"))
    signed_at = models.DateTimeField(_("签单时间"))
    signed_by = models.CharField(_("经手人"), max_length=80, blank=True)
    note = models.CharField(_("备注"), max_length=200, blank=True)
    open = models.GeneratedField(
        verbose_name=_("未结清"),
        expression=models.Q(amount_fen__gt=models.F("settled_fen") + models.F("relieved_fen")),  # type: ignore[arg-type]
        output_field=models.BooleanField(),
        db_persist=True,
    )

    class Meta:
        verbose_name = _("签单")
        verbose_name_plural = _("签单")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(amount_fen__gt=0, settled_fen__gte=0, relieved_fen__gte=0)
                & models.Q(amount_fen__gte=models.F("settled_fen") + models.F("relieved_fen")),
                name="signed_bill_within_amount",
            ),
        ]
        indexes = [
            models.Index(fields=["member", "-signed_at", "-id"], name="signed_bill_by_member"),
            models.Index(fields=["due_on", "id"], condition=models.Q(open=True), name="signed_bill_open"),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def open_fen(self) -> int:
        """What is still owed."""
        return self.amount_fen - self.settled_fen - self.relieved_fen


class Settlement(models.Model):
    """What was paid towards a signed bill. Insert-only: a mistake is a bill of its own."""

    id = models.UUIDField(primary_key=True)
    bill = models.ForeignKey(SignedBill, on_delete=models.PROTECT, related_name="settlements", verbose_name=_("签单"))
    amount_fen = models.BigIntegerField(_("结算金额（分）"))
    # By means: {"cash": fen, "prepayment": fen, "stored": fen}.
    parts = models.JSONField(_("支付方式"))
    settled_at = models.DateTimeField(_("结算时间"))
    store = models.ForeignKey("stores.Store", on_delete=models.PROTECT, verbose_name=_("门店"))
    actor_name = models.CharField(_("经手人"), max_length=80, blank=True)

    class Meta:
        verbose_name = _("签单结算")
        verbose_name_plural = _("签单结算")
        constraints = [models.CheckConstraint(condition=models.Q(amount_fen__gt=0), name="settlement_positive")]

    def __str__(self) -> str:
        return f"{self.bill_id} {self.amount_fen}"


class GoodsReturn(models.Model):
    """Goods of one consumption that came back, in whole or in part (R-M16, R-P17). Insert-only."""

    id = models.UUIDField(primary_key=True)
    # The consumption's posting, by value: records are cleared, postings never are.
    consumption = models.UUIDField(_("消费记账编号"), db_index=True)
    amount_fen = models.BigIntegerField(_("退货金额（分）"))
    fee_fen = models.BigIntegerField(_("手续费（分）"), default=0)
    # What came back by means, the fee taken off; as in the consumption's record.
    parts = models.JSONField(_("退回方式"))
    points = models.BigIntegerField(_("扣回积分"), default=0)
    # Points that were to be taken back and were not there any more.
    points_short = models.BigIntegerField(_("未扣回积分"), default=0)

    class Meta:
        verbose_name = _("退货")
        verbose_name_plural = _("退货")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(amount_fen__gt=0, fee_fen__gte=0, fee_fen__lt=models.F("amount_fen")),
                name="goods_return_positive",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.consumption} {self.amount_fen}"
