"""Exports that a worker writes. A short list is answered at once and leaves nothing but its audit row."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from membership.exports.domain import ExportState


class Export(models.Model):
    """A list somebody asked for: what she filtered by, and the private file once it is written."""

    kind = models.CharField(_("内容"), max_length=20)
    # As the list's page had them, by name; texts.
    filters = models.JSONField(_("条件"), default=dict, blank=True)
    # Decided when it was asked for, by what the person might see then.
    revealed = models.BooleanField(_("含完整个人信息"), default=False)
    state = models.CharField(_("状态"), max_length=10, choices=ExportState, default=ExportState.WRITING)
    language = models.CharField(_("语言"), max_length=10)
    rows = models.PositiveIntegerField(_("行数"), default=0)
    # Which worker writes it: one that was taken for dead sees here that another has begun anew.
    attempts = models.PositiveSmallIntegerField(_("尝试次数"), default=0)
    file = models.ForeignKey(
        "files.StoredFile", on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("文件")
    )
    store = models.ForeignKey("stores.Store", on_delete=models.PROTECT, verbose_name=_("门店"))
    actor = models.CharField(_("导出人"), max_length=40)
    actor_name = models.CharField(_("导出人姓名"), max_length=80, blank=True)
    created_at = models.DateTimeField(_("申请时间"))
    touched_at = models.DateTimeField(_("最近推进时间"))
    finished_at = models.DateTimeField(_("结束时间"), null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = _("导出")
        constraints = [
            models.CheckConstraint(condition=models.Q(state__in=ExportState.values), name="export_state_known"),
            models.CheckConstraint(
                condition=~models.Q(state=ExportState.DONE) | models.Q(file__isnull=False), name="export_done_has_file"
            ),
        ]
        indexes = [
            models.Index(fields=["actor", "-id"], name="export_by_actor"),
            # What the sweeper looks for; nearly always empty.
            models.Index(
                fields=["touched_at"], condition=models.Q(state=ExportState.WRITING), name="export_unfinished"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"
