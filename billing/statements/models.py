"""Monthly statements, in the public schema."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from billing.accounts.domain import AccountStanding
from tenants.chains.models import Chain


class Statement(models.Model):
    """What moved on a chain's two accounts in one calendar month. Insert-only: a statement that changes proves nothing.

    It names the entries it covers by their versions, which follow those of the statement before without a gap, so
    every entry of the ledger stands on exactly one. The lines themselves are read from the ledger and the charges.
    """

    chain = models.ForeignKey(
        Chain, on_delete=models.PROTECT, db_index=False, related_name="statements", verbose_name=_("商户")
    )
    month = models.DateField(_("月份"))
    opening_prepaid_fen = models.BigIntegerField(_("期初余额（分）"))
    opening_arrears_fen = models.BigIntegerField(_("期初欠费（分）"))
    topped_up_fen = models.BigIntegerField(_("充值（分）"))
    refunded_fen = models.BigIntegerField(_("退款（分）"))
    # What was set right by hand, and whatever else is neither paid in, sent back nor charged: signed.
    adjusted_fen = models.BigIntegerField(_("调整（分）"))
    charged_fen = models.BigIntegerField(_("费用（分）"))
    closing_prepaid_fen = models.BigIntegerField(_("期末余额（分）"))
    closing_arrears_fen = models.BigIntegerField(_("期末欠费（分）"))
    # Entries with versions in (from, to] are on it.
    prepaid_from = models.IntegerField(_("余额账户起始版本"))
    prepaid_to = models.IntegerField(_("余额账户截止版本"))
    arrears_from = models.IntegerField(_("欠费账户起始版本"))
    arrears_to = models.IntegerField(_("欠费账户截止版本"))
    made_at = models.DateTimeField(_("出账时间"))

    class Meta:
        verbose_name = verbose_name_plural = _("月账单")
        constraints = [
            models.UniqueConstraint(fields=["chain", "month"], name="statement_once"),
            models.CheckConstraint(condition=Q(month__day=1), name="statement_of_a_month"),
            models.CheckConstraint(
                condition=Q(prepaid_to__gte=F("prepaid_from"), arrears_to__gte=F("arrears_from")),
                name="statement_forward",
            ),
            models.CheckConstraint(
                condition=Q(
                    closing_prepaid_fen=F("opening_prepaid_fen")
                    - F("opening_arrears_fen")
                    + F("topped_up_fen")
                    - F("refunded_fen")
                    + F("adjusted_fen")
                    - F("charged_fen")
                    + F("closing_arrears_fen")
                ),
                name="statement_adds_up",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.chain_id} {self.month:%Y-%m}"

    @property
    def number(self) -> str:
        """What the owner and the platform call it."""
        return f"{self.month:%Y%m}-{self.chain_id:06}"

    @property
    def set_right_fen(self) -> int:
        """Refunds and adjustments together, to the chain's good."""
        return self.adjusted_fen - self.refunded_fen

    @property
    def opening(self) -> AccountStanding:
        """How the account stood before."""
        return AccountStanding(self.opening_prepaid_fen, self.opening_arrears_fen)

    @property
    def closing(self) -> AccountStanding:
        """How it stands after."""
        return AccountStanding(self.closing_prepaid_fen, self.closing_arrears_fen)
