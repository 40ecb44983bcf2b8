"""External numbers of members, and the batches that brought them."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from kernel.crypto.indexing import INDEX_LENGTH
from membership.syncing.domain import LONGEST_NUMBER, ROWS_A_CALL

EXTERNAL_NUMBER = "syncing.external_number"
"""The purpose under which the external number of a forgotten member is indexed. It never changes."""
BATCH = "syncing.batch"
"""The purpose under which a batch is told from another. It never changes."""


class ExternalNumber(models.Model):
    """The number that the chain's own software has for a member. She may have several, from several programs or records
    that were one person's.

    When her personal data is deleted a blind index stands in its place: it may be her telephone. The software that goes
    on sending her is refused, and does not bring her back.
    """

    number = models.CharField(_("外部编号"), max_length=LONGEST_NUMBER, unique=True)
    # A part of the member: a take-over that is undone takes it with her.
    member = models.ForeignKey(
        "members.Member", on_delete=models.CASCADE, related_name="external_numbers", verbose_name=_("会员")
    )
    linked_at = models.DateTimeField(_("登记时间"))

    class Meta:
        verbose_name = verbose_name_plural = _("会员外部编号")

    def __str__(self) -> str:
        return self.number


class MemberBatch(models.Model):
    """A batch of members that was taken. Insert-only: it is the row by which its calls are counted and charged, and the
    answer that the same request gets again. Holds nothing of what was sent of a person.
    """

    id = models.UUIDField(_("编号"), primary_key=True)
    actor = models.CharField(_("操作人"), max_length=40)
    idempotency_key = models.CharField(_("幂等键"), max_length=200)
    # A keyed hash of all that was sent: without the key nobody can try persons against it.
    digest = models.CharField(_("内容校验"), max_length=INDEX_LENGTH)
    store = models.ForeignKey(
        "stores.Store", on_delete=models.PROTECT, db_index=False, related_name="+", verbose_name=_("门店")
    )
    at = models.DateTimeField(_("时间"))
    created = models.PositiveIntegerField(_("新建"))
    updated = models.PositiveIntegerField(_("更新"))
    unchanged = models.PositiveIntegerField(_("未变"))
    refused = models.PositiveIntegerField(_("拒绝"))
    calls = models.PositiveSmallIntegerField(_("计费次数"))
    # One for each member of the batch, in their order (``domain.Outcome.kept``).
    outcomes = models.JSONField(_("结果"))

    class Meta:
        verbose_name = verbose_name_plural = _("会员批次")
        constraints = [
            models.UniqueConstraint(fields=["actor", "idempotency_key"], name="member_batch_once"),
            models.CheckConstraint(
                # Whole numbers: what is started counts.
                condition=models.Q(
                    calls=(models.F("created") + models.F("updated") + models.F("unchanged") + (ROWS_A_CALL - 1))
                    / ROWS_A_CALL
                ),
                name="member_batch_charged_by_the_thousand",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.actor} {self.idempotency_key}"
