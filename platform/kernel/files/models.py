"""What is known of a private file. Its bytes are in the private storage."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class StoredFile(models.Model):
    """A file of a chain. The row outlives the bytes: it says what was there, and when it was deleted."""

    id = models.UUIDField(_("编号"), primary_key=True)
    # What the person sees when she downloads it; never a path.
    filename = models.CharField(_("文件名"), max_length=200)
    content_type = models.CharField(_("类型"), max_length=100)
    size = models.BigIntegerField(_("大小（字节）"))
    # Of what it holds, not of how it is stored.
    sha256 = models.CharField(_("校验和"), max_length=64)
    actor = models.CharField(_("操作人"), max_length=40, blank=True)
    created_at = models.DateTimeField(_("存入时间"))
    expires_at = models.DateTimeField(_("到期时间"), null=True, blank=True)
    deleted_at = models.DateTimeField(_("删除时间"), null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = _("文件")
        indexes = [
            models.Index(fields=["expires_at"], condition=models.Q(deleted_at__isnull=True), name="file_due"),
        ]

    def __str__(self) -> str:
        return self.filename
