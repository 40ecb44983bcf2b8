"""Card records: the projection the member portal reads."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from kernel.db.labels import labelled
from membership.records.domain import RecordKind


class Record(models.Model):
    """Something that happened to a card (R-A09), written in the same transaction as what it tells of.

    Cleared as the plan's retention says (R-A10); the books are in the ledger and stay.
    """

    id = models.UUIDField(primary_key=True)
    card = models.ForeignKey("cards.Card", on_delete=models.CASCADE, related_name="records", verbose_name=_("会员卡"))
    kind = models.CharField(_("类型"), max_length=16, choices=RecordKind)
    # Signed: + came onto the card, - went off it. Zero for what moved no value.
    amount_fen = models.BigIntegerField(_("金额（分）"), default=0)
    balance_after_fen = models.BigIntegerField(_("余额（分）"), null=True, blank=True)
    store = models.ForeignKey("stores.Store", on_delete=models.PROTECT, null=True, blank=True, verbose_name=_("门店"))
    actor = models.CharField(_("操作人"), max_length=40, blank=True)
    actor_name = models.CharField(_("操作人姓名"), max_length=80, blank=True)
    # The ledger's posting, by value: records are cleared, postings never are.
    posting_id = models.UUIDField(_("记账编号"), null=True, blank=True)
    occurred_at = models.DateTimeField(_("时间"))
    detail = models.JSONField(_("详情"), default=dict, blank=True)

    class Meta:
        verbose_name = _("卡片记录")
        verbose_name_plural = _("卡片记录")
        constraints = [
            models.CheckConstraint(condition=models.Q(kind__in=RecordKind.values), name="record_kind_known"),
        ]
        indexes = [
            models.Index(fields=["card", "-occurred_at", "-id"], name="record_by_card"),
            # The day's totals of the desk, and what happened last.
            models.Index(fields=["-occurred_at", "-id"], name="record_latest"),
        ]

    get_kind_display = labelled(RecordKind, "kind")

    def __str__(self) -> str:
        return f"{self.kind} {self.amount_fen}"
