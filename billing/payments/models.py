"""What is kept of payments, in the public schema. The money itself is in the ledger."""

from typing import Final

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from billing.payments.domain import AttemptKind, AttemptState, EventState, Method
from tenants.chains.models import Chain

UNENDED: Final = [AttemptState.CREATED, AttemptState.CALLING, AttemptState.OPEN]


class PaymentCustomer(models.Model):
    """The chain as the payment service knows it. ``key`` is made before the service is asked."""

    chain = models.OneToOneField(
        Chain, on_delete=models.PROTECT, primary_key=True, related_name="+", verbose_name=_("商户")
    )
    key = models.UUIDField(_("幂等键"), unique=True)
    customer_id = models.CharField(_("支付服务的客户号"), max_length=64, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = _("支付客户")
        constraints = [
            models.UniqueConstraint(fields=["customer_id"], condition=~Q(customer_id=""), name="payment_customer_once")
        ]

    def __str__(self) -> str:
        return f"{self.chain_id} {self.customer_id or '…'}"


class SavedCard(models.Model):
    """A card that the owner left with the payment service: what is shown of it, never its number."""

    chain = models.ForeignKey(Chain, on_delete=models.PROTECT, related_name="saved_cards", verbose_name=_("商户"))
    card_id = models.CharField(_("支付服务的卡号"), max_length=64, unique=True)
    brand = models.CharField(_("卡组织"), max_length=20)
    last4 = models.CharField(_("末四位"), max_length=4)
    exp_year = models.PositiveSmallIntegerField(_("到期年"))
    exp_month = models.PositiveSmallIntegerField(_("到期月"))
    added_at = models.DateTimeField(_("登记时间"))
    removed_at = models.DateTimeField(_("移除时间"), null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = _("已登记银行卡")
        indexes = [models.Index(fields=["chain", "id"], name="saved_card_by_chain")]

    def __str__(self) -> str:
        return f"{self.brand} •••• {self.last4}"


class Attempt(models.Model):
    """Something asked of the payment service: written and committed before the call, with the key of the call (``id``),
    so that no crash and no lost answer leaves money that nobody knows of.
    """

    id = models.UUIDField(_("编号"), primary_key=True)
    chain = models.ForeignKey(Chain, on_delete=models.PROTECT, related_name="payments", verbose_name=_("商户"))
    kind = models.CharField(_("类别"), max_length=12, choices=AttemptKind)
    state = models.CharField(_("状态"), max_length=10, choices=AttemptState, default=AttemptState.CREATED)
    # Asked for; what was received may differ and is what is credited.
    amount_fen = models.BigIntegerField(_("金额（分）"))
    method = models.CharField(_("支付方式"), max_length=12, choices=Method, blank=True)
    card = models.ForeignKey(
        SavedCard, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("银行卡")
    )
    # What is refunded.
    of = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="refunds", verbose_name=_("原充值")
    )
    # The object of the service that this opened (page, payment or refund), and the payment that came of it.
    object_id = models.CharField(_("支付服务对象"), max_length=80, blank=True)
    intent_id = models.CharField(_("支付单号"), max_length=80, blank=True)
    # Where the payer goes on; of no use to anybody else.
    url = models.CharField(_("付款页"), max_length=1000, blank=True)
    error_code = models.CharField(_("错误代码"), max_length=60, blank=True)
    reason = models.CharField(_("原因"), max_length=200, blank=True)
    actor = models.CharField(_("操作人"), max_length=40)
    created_at = models.DateTimeField(_("创建时间"))
    # When a worker looks at it next; a claim pushes it on.
    due_at = models.DateTimeField(_("下次查询时间"))
    looks = models.PositiveSmallIntegerField(_("查询次数"), default=0)
    ended_at = models.DateTimeField(_("结束时间"), null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = _("支付")
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=AttemptKind.values), name="payment_kind_known"),
            models.CheckConstraint(condition=Q(state__in=AttemptState.values), name="payment_state_known"),
            models.CheckConstraint(
                condition=Q(amount_fen__gt=0) | Q(amount_fen=0, kind=AttemptKind.CARD_SETUP),
                name="payment_amount_positive",
            ),
            models.CheckConstraint(
                condition=Q(of__isnull=False, kind=AttemptKind.REFUND)
                | (Q(of__isnull=True) & ~Q(kind=AttemptKind.REFUND)),
                name="payment_refund_of_something",
            ),
            models.UniqueConstraint(fields=["object_id"], condition=~Q(object_id=""), name="payment_object_once"),
            # No second charge of a card while the first is not over.
            models.UniqueConstraint(
                fields=["chain"],
                condition=Q(kind=AttemptKind.AUTO_TOP_UP, state__in=UNENDED),
                name="payment_one_automatic",
            ),
        ]
        indexes = [
            # What the sweeper looks for; nearly always empty.
            models.Index(fields=["due_at"], condition=Q(state__in=UNENDED), name="payment_due"),
            models.Index(fields=["chain", "-created_at"], name="payment_by_chain"),
            models.Index(fields=["intent_id"], condition=~Q(intent_id=""), name="payment_by_intent"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.id}"


class AutoTopUp(models.Model):
    """The owner's standing order: below ``threshold_fen``, charge that card ``amount_fen``."""

    chain = models.OneToOneField(
        Chain, on_delete=models.PROTECT, primary_key=True, related_name="auto_top_up", verbose_name=_("商户")
    )
    enabled = models.BooleanField(_("开启"), default=False)
    threshold_fen = models.BigIntegerField(_("低于（分）"))
    amount_fen = models.BigIntegerField(_("充值金额（分）"))
    card = models.ForeignKey(SavedCard, on_delete=models.PROTECT, null=True, related_name="+", verbose_name=_("银行卡"))
    # Declines in a row, and until when the card is left alone.
    failures = models.PositiveSmallIntegerField(_("连续失败次数"), default=0)
    next_at = models.DateTimeField(_("下次最早时间"))
    problem = models.CharField(_("上次失败原因"), max_length=60, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = _("自动充值")
        constraints = [
            models.CheckConstraint(condition=Q(enabled=False) | Q(card__isnull=False), name="auto_top_up_has_card"),
            models.CheckConstraint(condition=Q(threshold_fen__gt=0, amount_fen__gt=0), name="auto_top_up_amounts"),
        ]
        indexes = [models.Index(fields=["next_at"], condition=Q(enabled=True), name="auto_top_up_due")]

    def __str__(self) -> str:
        return f"{self.chain_id} {'on' if self.enabled else 'off'}"


class PaymentEvent(models.Model):
    """A message of the payment service, once, whether it was sent to us or found when we asked what had happened.

    Its contents are not kept: what happened is asked of the service when it is processed, so neither the order of
    messages nor their number matters.
    """

    event_id = models.CharField(_("通知编号"), max_length=80, unique=True)
    type = models.CharField(_("类型"), max_length=80)
    object_id = models.CharField(_("支付服务对象"), max_length=80)
    occurred_at = models.DateTimeField(_("发生时间"))
    received_at = models.DateTimeField(_("收到时间"))
    # Found by asking: it had not reached us.
    found = models.BooleanField(_("对账补收"), default=False)
    state = models.CharField(_("状态"), max_length=10, choices=EventState, default=EventState.WAITING)
    tries = models.PositiveSmallIntegerField(_("处理次数"), default=0)
    due_at = models.DateTimeField(_("最早处理时间"))
    problem = models.CharField(_("问题"), max_length=200, blank=True)
    done_at = models.DateTimeField(_("处理时间"), null=True, blank=True)
    ignored_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("忽略人"),
    )

    class Meta:
        verbose_name = verbose_name_plural = _("支付通知")
        constraints = [
            models.CheckConstraint(condition=Q(state__in=EventState.values), name="payment_event_state_known")
        ]
        indexes = [
            models.Index(fields=["due_at"], condition=Q(state=EventState.WAITING), name="payment_event_due"),
            models.Index(fields=["-id"], condition=Q(state=EventState.ATTENTION), name="payment_event_attention"),
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.event_id}"


class Reconciliation(models.Model):
    """How far the service's own list of events has been read. One row."""

    id = models.SmallIntegerField(primary_key=True, default=1)
    read_until = models.DateTimeField(_("已核对至"))

    class Meta:
        verbose_name = verbose_name_plural = _("对账进度")
        constraints = [models.CheckConstraint(condition=Q(id=1), name="reconciliation_single")]

    def __str__(self) -> str:
        return f"{self.read_until:%Y-%m-%d %H:%M}"
