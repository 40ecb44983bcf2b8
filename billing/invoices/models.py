"""Titles and requests, in the public schema."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from billing.invoices.domain import InvoiceState
from billing.statements.models import Statement
from tenants.chains.models import Chain


class _MadeOutTo(models.Model):
    """To whom an invoice is made out."""

    name = models.CharField(_("单位名称"), max_length=100)
    tax_number = models.CharField(_("统一社会信用代码"), max_length=18)
    address = models.CharField(_("地址、电话"), max_length=200, blank=True)
    bank = models.CharField(_("开户行及账号"), max_length=200, blank=True)
    email = models.EmailField(_("收票邮箱"))

    class Meta:
        abstract = True


class InvoiceTitle(_MadeOutTo):
    """A title that an owner keeps (发票抬头)."""

    chain = models.ForeignKey(Chain, on_delete=models.PROTECT, related_name="invoice_titles", verbose_name=_("商户"))

    class Meta:
        verbose_name = verbose_name_plural = _("发票抬头")
        constraints = [models.UniqueConstraint(fields=["chain", "tax_number"], name="invoice_title_once")]

    def __str__(self) -> str:
        return f"{self.name} {self.tax_number}"


class Invoice(_MadeOutTo):
    """One request, with the title as it was then. The platform's staff issue it outside and note its number; or they
    refuse it.
    """

    chain = models.ForeignKey(Chain, on_delete=models.PROTECT, related_name="invoices", verbose_name=_("商户"))
    amount_fen = models.BigIntegerField(_("金额（分）"))
    state = models.CharField(_("状态"), max_length=10, choices=InvoiceState, default=InvoiceState.REQUESTED)
    number = models.CharField(_("发票号码"), max_length=40, blank=True)
    reason = models.CharField(_("退回原因"), max_length=200, blank=True)
    requested_at = models.DateTimeField(_("申请时间"))
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+", verbose_name=_("处理人")
    )
    decided_at = models.DateTimeField(_("处理时间"), null=True)

    class Meta:
        verbose_name = verbose_name_plural = _("开票申请")
        constraints = [
            models.CheckConstraint(condition=Q(amount_fen__gt=0), name="invoice_of_something"),
            models.CheckConstraint(
                condition=Q(state="REQUESTED", number="", reason="", decided_at__isnull=True)
                | (Q(state="ISSUED", reason="", decided_at__isnull=False) & ~Q(number=""))
                | (Q(state="REFUSED", number="", decided_at__isnull=False) & ~Q(reason="")),
                name="invoice_decided_whole",
            ),
            models.UniqueConstraint(fields=["number"], condition=~Q(number=""), name="invoice_number_once"),
        ]
        indexes = [models.Index(fields=["requested_at"], condition=Q(state="REQUESTED"), name="invoice_waiting")]

    def __str__(self) -> str:
        return f"{self.chain_id} {self.amount_fen} {self.state}"


class InvoicedStatement(models.Model):
    """A month that a request is for: of two requests that are not refused, none names the same."""

    invoice = models.ForeignKey(Invoice, on_delete=models.PROTECT, related_name="months", verbose_name=_("开票申请"))
    statement = models.ForeignKey(Statement, on_delete=models.PROTECT, related_name="+", verbose_name=_("月账单"))
    amount_fen = models.BigIntegerField(_("金额（分）"))
    released = models.BooleanField(_("已释放"), default=False)

    class Meta:
        verbose_name = verbose_name_plural = _("开票月份")
        constraints = [
            models.UniqueConstraint(fields=["statement"], condition=Q(released=False), name="invoiced_once"),
            models.CheckConstraint(condition=Q(amount_fen__gt=0), name="invoiced_month_of_something"),
        ]

    def __str__(self) -> str:
        return f"{self.invoice_id} {self.statement_id}"
