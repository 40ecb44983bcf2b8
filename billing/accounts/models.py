"""Adjustments of chains' accounts by hand. The accounts themselves are the ledger's."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from kernel.money import Money
from ledger.models import Posting
from tenants.chains.models import Chain


class Adjustment(models.Model):
    """Platform staff ask that an account be set right. Insert-only: what was asked stays as it was asked."""

    chain = models.ForeignKey(Chain, on_delete=models.PROTECT, related_name="adjustments", verbose_name=_("商户"))
    # Whole fen: positive to the chain's good, negative taken from it.
    amount_fen = models.BigIntegerField(_("金额（分）"))
    reason = models.CharField(_("原因"), max_length=200)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name=_("申请人")
    )
    requested_at = models.DateTimeField(_("申请时间"))

    class Meta:
        verbose_name = verbose_name_plural = _("账户调整")
        constraints = [
            models.CheckConstraint(condition=~Q(amount_fen=0) & ~Q(reason=""), name="adjustment_says_something"),
            # What a decision's (adjustment, requested_by) points to.
            models.UniqueConstraint(fields=["id", "requested_by"], name="adjustment_requester"),
        ]

    def __str__(self) -> str:
        return f"{self.chain_id} {Money(self.amount_fen).format(sign=True)}"


class AdjustmentDecision(models.Model):
    """Another member of the staff approved it, and it was posted; or rejected it. Insert-only, one to an adjustment.

    ``requested_by`` repeats the adjustment's (a key over both columns holds it), so that a CHECK can tell the two
    people apart: four eyes are the database's rule, not only the service's.
    """

    adjustment = models.OneToOneField(
        Adjustment, on_delete=models.PROTECT, primary_key=True, related_name="decision", verbose_name=_("调整")
    )
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name=_("申请人")
    )
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name=_("审批人")
    )
    approved = models.BooleanField(_("是否通过"))
    note = models.CharField(_("说明"), max_length=200, blank=True)
    decided_at = models.DateTimeField(_("审批时间"))
    posting = models.OneToOneField(
        Posting, on_delete=models.PROTECT, null=True, related_name="+", verbose_name=_("记账")
    )

    class Meta:
        verbose_name = verbose_name_plural = _("调整审批")
        constraints = [
            models.CheckConstraint(condition=~Q(decided_by=F("requested_by")), name="adjustment_four_eyes"),
            models.CheckConstraint(
                condition=Q(approved=True, posting__isnull=False) | Q(approved=False, posting__isnull=True),
                name="adjustment_posted_if_approved",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.adjustment_id} {'+' if self.approved else '-'}"
