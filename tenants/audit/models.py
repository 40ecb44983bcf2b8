"""The audit trail."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class AuditEntry(models.Model):
    """One act by one actor. Insert-only: a trail that can be edited proves nothing."""

    actor = models.CharField(_("操作人"), max_length=40)
    actor_name = models.CharField(_("操作人姓名"), max_length=80, blank=True)
    act = models.CharField(_("操作"), max_length=40)
    object_type = models.CharField(_("对象类型"), max_length=40, blank=True)
    object_id = models.CharField(_("对象编号"), max_length=64, blank=True)
    # By value: the trail outlives what it names, and the public schema has no stores.
    store_id = models.BigIntegerField(_("门店"), null=True, blank=True)
    request_id = models.CharField(_("请求编号"), max_length=40, blank=True)
    detail = models.JSONField(_("详情"), default=dict, blank=True)
    occurred_at = models.DateTimeField(_("时间"))

    class Meta:
        verbose_name = _("操作记录")
        verbose_name_plural = _("操作记录")
        indexes = [
            models.Index(fields=["-occurred_at", "-id"], name="audit_latest"),
            models.Index(fields=["object_type", "object_id", "-occurred_at"], name="audit_by_object"),
        ]

    def __str__(self) -> str:
        return f"{self.occurred_at:%Y-%m-%d %H:%M} {self.actor} {self.act}"
