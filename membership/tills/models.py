"""Receipts that were printed, and drawers that were counted."""

from django.db import models
from django.db.models import F
from django.utils.translation import gettext_lazy as _

from membership.tills.domain import SlipWidth


class ReceiptPrint(models.Model):
    """One printing of a receipt. Insert-only: which sheet was the original is not to be argued about later."""

    # By value: records are cleared, this stays.
    record_id = models.UUIDField(_("记录编号"))
    # Nought is the original; each later one says on its face which copy it is.
    copy_no = models.PositiveSmallIntegerField(_("副本序号"))
    width = models.CharField(_("纸宽"), max_length=2, choices=SlipWidth)
    store = models.ForeignKey("stores.Store", on_delete=models.PROTECT, null=True, blank=True, verbose_name=_("门店"))
    actor = models.CharField(_("操作人"), max_length=40)
    actor_name = models.CharField(_("操作人姓名"), max_length=80, blank=True)
    printed_at = models.DateTimeField(_("打印时间"))

    class Meta:
        verbose_name = _("小票打印")
        verbose_name_plural = _("小票打印")
        constraints = [
            models.UniqueConstraint(fields=["record_id", "copy_no"], name="receipt_print_copy"),
            models.CheckConstraint(condition=models.Q(width__in=SlipWidth.values), name="receipt_print_width_known"),
        ]

    def __str__(self) -> str:
        return f"{self.record_id}/{self.copy_no}"


class ShiftClose(models.Model):
    """A drawer counted at the end of a shift, beside what the books expected at that moment. Insert-only: whoever
    counts again makes a new one.
    """

    idempotency_key = models.CharField(_("幂等键"), max_length=110, unique=True)
    store = models.ForeignKey("stores.Store", on_delete=models.PROTECT, verbose_name=_("门店"))
    actor = models.CharField(_("收银员"), max_length=40)
    actor_name = models.CharField(_("收银员姓名"), max_length=80, blank=True)
    day = models.DateField(_("日期"))
    # What lay in the drawer before the first customer.
    float_fen = models.BigIntegerField(_("备用金（分）"))
    expected_fen = models.BigIntegerField(_("账面现金（分）"))
    counted_fen = models.BigIntegerField(_("实点现金（分）"))
    difference_fen = models.GeneratedField(
        verbose_name=_("差额（分）"),
        expression=F("counted_fen") - F("float_fen") - F("expected_fen"),
        output_field=models.BigIntegerField(),
        db_persist=True,
    )
    note = models.CharField(_("说明"), max_length=60, blank=True)
    closed_at = models.DateTimeField(_("清点时间"))

    class Meta:
        verbose_name = _("交班清点")
        verbose_name_plural = _("交班清点")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(float_fen__gte=0, counted_fen__gte=0), name="shift_close_not_negative"
            ),
        ]
        indexes = [models.Index(fields=["store", "day", "actor", "-closed_at"], name="shift_close_by_day")]

    def __str__(self) -> str:
        return f"{self.day} {self.actor_name} {self.difference_fen}"
