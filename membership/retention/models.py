"""How far a chain's records are cleared, the archives they went to, and what was fetched from there."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from membership.retention.domain import ArchiveState, RetrievalState


class Clearing(models.Model):
    """How far records are cleared: exactly one row, made with its schema. Whoever clears holds it while it writes."""

    ONLY: int = 1

    id = models.PositiveSmallIntegerField(primary_key=True, default=ONLY)
    # The beginning of the first day that is kept. Only ever goes forward; what is older is gone for everybody from this
    # moment on, though its rows are deleted a little later.
    cleared_before = models.DateTimeField(_("保留起点"), null=True, blank=True)
    decided_at = models.DateTimeField(_("决定时间"), null=True, blank=True)
    finished_at = models.DateTimeField(_("完成时间"), null=True, blank=True)
    # Which worker is at it: one that was taken for dead sees here that another has begun.
    turn = models.PositiveIntegerField(_("轮次"), default=0)
    touched_at = models.DateTimeField(_("最近推进时间"), null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = _("记录清理")
        constraints = [models.CheckConstraint(condition=Q(id=1), name="clearing_single")]

    def __str__(self) -> str:
        return str(self.cleared_before)


class Archive(models.Model):
    """Records that were taken out of the table: what the file holds, and how far it is proved and cleared."""

    state = models.CharField(_("状态"), max_length=10, choices=ArchiveState, default=ArchiveState.WRITTEN)
    first_at = models.DateTimeField(_("最早记录"))
    last_at = models.DateTimeField(_("最晚记录"))
    records = models.PositiveIntegerField(_("记录数"))
    # Of the lines before they were compressed.
    sha256 = models.CharField(_("校验和"), max_length=64)
    file = models.ForeignKey("files.StoredFile", on_delete=models.PROTECT, related_name="+", verbose_name=_("文件"))
    created_at = models.DateTimeField(_("写入时间"))
    verified_at = models.DateTimeField(_("校验时间"), null=True, blank=True)
    cleared_at = models.DateTimeField(_("清理时间"), null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = _("记录档案")
        constraints = [
            models.CheckConstraint(condition=Q(state__in=ArchiveState.values), name="archive_state_known"),
            models.CheckConstraint(condition=Q(records__gt=0, first_at__lte=F("last_at")), name="archive_holds_some"),
            # The database's own word for it: no clearing without a proof.
            models.CheckConstraint(
                condition=~Q(state__in=["VERIFIED", "CLEARED"]) | Q(verified_at__isnull=False),
                name="archive_verified_first",
            ),
        ]
        indexes = [
            models.Index(fields=["last_at", "id"], name="archive_by_time"),
            # What is to be finished; nearly always empty.
            models.Index(fields=["id"], condition=Q(state__in=["WRITTEN", "VERIFIED"]), name="archive_unfinished"),
        ]

    def __str__(self) -> str:
        return f"{self.first_at:%Y-%m-%d} {self.records}"


class Retrieval(models.Model):
    """Old records of one card that somebody asked for. Delivered, it is one call of module 5."""

    card = models.ForeignKey("cards.Card", on_delete=models.PROTECT, related_name="+", verbose_name=_("会员卡"))
    first_day = models.DateField(_("起始日期"))
    last_day = models.DateField(_("截止日期"))
    reason = models.CharField(_("调取原因"), max_length=200)
    # Decided when it was asked for, by what the person might see then.
    revealed = models.BooleanField(_("含完整个人信息"), default=False)
    state = models.CharField(_("状态"), max_length=10, choices=RetrievalState, default=RetrievalState.WAITING)
    language = models.CharField(_("语言"), max_length=10)
    rows = models.PositiveIntegerField(_("行数"), default=0)
    attempts = models.PositiveSmallIntegerField(_("尝试次数"), default=0)
    file = models.ForeignKey(
        "files.StoredFile", on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("文件")
    )
    store = models.ForeignKey("stores.Store", on_delete=models.PROTECT, verbose_name=_("门店"))
    actor = models.CharField(_("调取人"), max_length=40)
    actor_name = models.CharField(_("调取人姓名"), max_length=80, blank=True)
    created_at = models.DateTimeField(_("申请时间"))
    touched_at = models.DateTimeField(_("最近推进时间"))
    delivered_at = models.DateTimeField(_("交付时间"), null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = _("档案调取")
        constraints = [
            models.CheckConstraint(condition=Q(state__in=RetrievalState.values), name="retrieval_state_known"),
            models.CheckConstraint(condition=Q(first_day__lte=F("last_day")), name="retrieval_days_in_order"),
            models.CheckConstraint(
                condition=~Q(state="DONE") | Q(file__isnull=False, delivered_at__isnull=False, rows__gt=0),
                name="retrieval_done_has_file",
            ),
        ]
        indexes = [
            # What the meter counts.
            models.Index(fields=["delivered_at"], condition=Q(state="DONE"), name="retrieval_delivered"),
            # What the sweeper looks for; nearly always empty.
            models.Index(fields=["touched_at"], condition=Q(state="WAITING"), name="retrieval_unfinished"),
        ]

    def __str__(self) -> str:
        return f"{self.card_id} {self.first_day}"
