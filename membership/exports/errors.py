"""Refusals of exports."""

from django.utils.translation import gettext_lazy as _

from kernel.errors import DomainError


class ExportNotFound(DomainError):
    """There is no such list, or no such export of this person's."""

    code = "export_not_found"
    status = 404
    message = _("没有这次导出。")
