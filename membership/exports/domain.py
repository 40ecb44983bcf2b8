"""States of an export."""

from typing import Final

from django.db import models
from django.utils.translation import gettext_lazy as _


class ExportState(models.TextChoices):
    """Where an export that a worker writes stands."""

    WRITING = "WRITING", _("正在生成")
    DONE = "DONE", _("可下载")
    FAILED = "FAILED", _("未完成")


AT_ONCE: Final = 5_000
"""Rows that are written while the person waits: a second's work."""
