"""Price books as rows: what the billing run joins. A book that is in force is never edited, only followed."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from billing.pricebook.domain import MODULE_COUNT, Plan

_PLANS = [(plan.value, plan.value) for plan in Plan]


class Book(models.Model):
    """One dated version of all prices, in force from ``effective_from`` until a later one begins.

    A book is prepared by one and approved by another of the platform's staff; the shipped ones come approved. Until
    then it may be withdrawn; what was prepared never changes.
    """

    version = models.CharField(_("版本号"), max_length=40, unique=True)
    effective_from = models.DateField(_("生效日期"))
    prepared_by = models.CharField(_("编制人"), max_length=80)
    prepared_at = models.DateTimeField(_("编制时间"))
    approved_by = models.CharField(_("批准人"), max_length=80, blank=True)
    approved_at = models.DateTimeField(_("批准时间"), null=True, blank=True)
    withdrawn_by = models.CharField(_("撤回人"), max_length=80, blank=True, db_default="")
    withdrawn_at = models.DateTimeField(_("撤回时间"), null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = _("价目表")
        constraints = [
            models.UniqueConstraint(
                fields=["effective_from"], condition=Q(approved_at__isnull=False), name="pricebook_one_a_day"
            ),
            models.CheckConstraint(
                condition=Q(approved_at__isnull=True, approved_by="")
                | (Q(approved_at__isnull=False) & ~Q(approved_by="") & ~Q(approved_by=F("prepared_by"))),
                name="pricebook_four_eyes",
            ),
            models.CheckConstraint(
                condition=Q(withdrawn_at__isnull=True, withdrawn_by="")
                | (Q(withdrawn_at__isnull=False, approved_at__isnull=True) & ~Q(withdrawn_by="")),
                name="pricebook_withdrawn_unapproved",
            ),
        ]

    def __str__(self) -> str:
        return self.version


class Price(models.Model):
    """What one module costs on one plan in one book, in fen. Zero is free. Insert-only: whoever approves a book
    approves what he has read.
    """

    book = models.ForeignKey(Book, on_delete=models.CASCADE, related_name="prices", verbose_name=_("价目表"))
    module = models.PositiveSmallIntegerField(_("模块"))
    plan = models.CharField(_("版本"), max_length=1, choices=_PLANS)
    setup_fen = models.PositiveBigIntegerField(_("开通费（分）"))
    monthly_fen = models.PositiveBigIntegerField(_("月费（分）"))
    per_call_fen = models.PositiveBigIntegerField(_("调用费（分）"))

    class Meta:
        verbose_name = verbose_name_plural = _("价格")
        constraints = [
            models.UniqueConstraint(fields=["book", "module", "plan"], name="pricebook_price_once"),
            models.CheckConstraint(
                condition=Q(module__gte=1, module__lte=MODULE_COUNT), name="pricebook_price_module_known"
            ),
            models.CheckConstraint(condition=Q(plan__in=[plan.value for plan in Plan]), name="pricebook_price_plan"),
        ]

    def __str__(self) -> str:
        return f"{self.book_id} {self.module}{self.plan}"
