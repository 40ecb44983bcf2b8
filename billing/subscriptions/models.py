"""Subscriptions and charges, in the public schema."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from billing.subscriptions.domain import ChargeKind
from tenants.chains.domain import Plan
from tenants.chains.models import Chain

_OFF_OR_PLAN = ["", *Plan.values]


class Subscription(models.Model):
    """One chain's subscription: the plan it is on, and the period that has been charged.

    ``next_plan`` holds from the period's end; it is the plan itself where nothing waits.
    """

    chain = models.OneToOneField(Chain, on_delete=models.PROTECT, related_name="subscription", verbose_name=_("商户"))
    # Periods are counted from here (domain.period_at).
    anchor = models.DateField(_("起始日"))
    period_start = models.DateField(_("本期开始"))
    period_end = models.DateField(_("本期结束"))
    plan = models.CharField(_("版本"), max_length=1, choices=Plan)
    next_plan = models.CharField(_("下期版本"), max_length=1, choices=Plan)
    # Counted in the chain's schema and brought here as a value: what sets the floor of the plan (R-A19).
    open_stores = models.PositiveIntegerField(_("营业门店数"), default=1)
    stores_counted_at = models.DateTimeField(_("门店数统计时间"), null=True, blank=True)
    # The day the chain began to leave; what has been charged stays charged, nothing follows it.
    ended_on = models.DateField(_("终止日"), null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = _("订阅")
        constraints = [
            models.CheckConstraint(
                condition=Q(anchor__lte=F("period_start"), period_start__lt=F("period_end")),
                name="subscription_period_in_order",
            ),
            models.CheckConstraint(
                condition=Q(plan__in=Plan.values, next_plan__in=Plan.values), name="subscription_plan_known"
            ),
        ]
        indexes = [
            # What the billing run looks for.
            models.Index(fields=["period_end", "id"], condition=Q(ended_on__isnull=True), name="subscription_due"),
        ]

    def __str__(self) -> str:
        return f"{self.chain_id} {self.plan} {self.period_start}"


class SubscribedModule(models.Model):
    """One module of a subscription. It stays when the module is off: its set-up is paid once ever (X-07)."""

    subscription = models.ForeignKey(
        Subscription, on_delete=models.PROTECT, related_name="modules", verbose_name=_("订阅")
    )
    module = models.PositiveSmallIntegerField(_("模块"))
    # Empty is off.
    plan = models.CharField(_("版本"), max_length=1, blank=True, choices=Plan)
    next_plan = models.CharField(_("下期版本"), max_length=1, blank=True, choices=Plan)
    setup_paid_fen = models.PositiveBigIntegerField(_("已计开通费（分）"), default=0)

    class Meta:
        verbose_name = verbose_name_plural = _("订阅模块")
        constraints = [
            models.UniqueConstraint(fields=["subscription", "module"], name="subscribed_module_once"),
            models.CheckConstraint(
                condition=Q(plan__in=_OFF_OR_PLAN, next_plan__in=_OFF_OR_PLAN), name="subscribed_module_plan_known"
            ),
            models.CheckConstraint(condition=Q(module__gte=1, module__lte=20), name="subscribed_module_known"),
        ]

    def __str__(self) -> str:
        return f"{self.subscription_id}/{self.module} {self.plan or '-'}"


class Charge(models.Model):
    """One line of a bill, with everything it was computed from. Insert-only: a bill that is edited explains nothing.

    ``key`` says what it is for, so that nothing is charged twice however often a run is repeated. Lines that were taken
    together share a posting of the public ledger, whose amount they sum to.
    """

    # Held to the chains by the statement, not by the row: migration 0004.
    chain = models.ForeignKey(
        Chain,
        on_delete=models.PROTECT,
        db_index=False,
        db_constraint=False,
        related_name="charges",
        verbose_name=_("商户"),
    )
    key = models.CharField(_("唯一键"), max_length=120, unique=True)
    kind = models.CharField(_("费用"), max_length=12, choices=ChargeKind)
    # Zero is no module: a card that came of an application (R-A13).
    module = models.PositiveSmallIntegerField(_("模块"))
    plan = models.CharField(_("版本"), max_length=1, choices=Plan)
    plan_before = models.CharField(_("原版本"), max_length=1, blank=True, choices=Plan)
    book = models.CharField(_("价目版本"), max_length=40)
    period_start = models.DateField(_("所属期开始"))
    period_end = models.DateField(_("所属期结束"))
    price_fen = models.BigIntegerField(_("单价（分）"))
    credited_fen = models.BigIntegerField(_("已抵（分）"), default=0)
    quantity = models.BigIntegerField(_("数量"), default=1)
    days = models.PositiveSmallIntegerField(_("计费天数"), null=True, blank=True)
    of_days = models.PositiveSmallIntegerField(_("本期天数"), null=True, blank=True)
    # Where the stores asked for a higher plan: how many are open, and how many the plans below serve (R-A19).
    open_stores = models.PositiveIntegerField(_("营业门店数"), null=True, blank=True)
    most_stores = models.PositiveIntegerField(_("低版本门店上限"), null=True, blank=True)
    amount_fen = models.BigIntegerField(_("金额（分）"))
    charged_on = models.DateField(_("计费日"))
    charged_at = models.DateTimeField(_("计费时间"))
    # By value: the ledger is another app's.
    posting_id = models.UUIDField(_("记账"))

    class Meta:
        verbose_name = verbose_name_plural = _("计费明细")
        constraints = [
            models.CheckConstraint(condition=Q(amount_fen__gt=0, quantity__gt=0), name="charge_positive"),
            models.CheckConstraint(condition=Q(kind__in=ChargeKind.values), name="charge_kind_known"),
            models.CheckConstraint(
                condition=Q(days__isnull=True, of_days__isnull=True) | Q(days__lte=F("of_days"), days__gt=0),
                name="charge_days_within",
            ),
            models.CheckConstraint(
                condition=Q(open_stores__isnull=True, most_stores__isnull=True) | Q(open_stores__gt=F("most_stores")),
                name="charge_stores_beyond",
            ),
        ]
        indexes = [
            models.Index(fields=["chain", "-charged_on", "-id"], name="charge_of_chain"),
            models.Index(fields=["posting_id"], name="charge_of_posting"),
        ]

    def __str__(self) -> str:
        return self.key
