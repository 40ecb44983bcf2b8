"""Refusals and failures of retention."""

from django.utils.translation import gettext_lazy as _

from kernel.errors import DomainError


class ArchiveBroken(Exception):
    """What was read back from an archive is not what was written to it. Nothing is deleted for it."""


class RetrievalNotFound(DomainError):
    """There is no such request of this person's."""

    code = "retrieval_not_found"
    status = 404
    message = _("没有这次档案调取。")


class RetrievalDaysInvalid(DomainError):
    """The days are out of order, or nothing as old was ever archived."""

    code = "retrieval_days_invalid"
    status = 422
    message = _("起止日期有误：起始日期应不晚于截止日期，且只能调取已归档的日期。")


class RetrievalOpen(DomainError):
    """The very same is being fetched already."""

    code = "retrieval_open"
    status = 409
    message = _("同一张卡的这些日期正在调取，请等待完成。")
