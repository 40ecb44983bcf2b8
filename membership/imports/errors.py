"""Refusals that concern a whole import."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from kernel.errors import DomainError, listed
from kernel.sheets.errors import SheetError


class ImportNotFound(DomainError):
    """There is no such import."""

    code = "import_not_found"
    status = 404
    message = _("没有这次导入。")


class FileUploadedBefore(DomainError):
    """The very same file was uploaded for the same purpose; doing it again may be meant, or may not."""

    code = "file_uploaded_before"
    status = 409
    message = _("同一个文件已由{actor_name}于 {uploaded_at} 上传过（{state_label}）。确需再次导入，请勾选“仍要上传”。")


class ImportStepForbidden(DomainError):
    """The import is not where this step begins: another person, or the worker, was faster."""

    code = "import_step_forbidden"
    status = 409
    message = _("这次导入的状态是“{state_label}”，不能这样操作。")


class NothingToImport(DomainError):
    """No row of the file is without a problem."""

    code = "nothing_to_import"
    status = 409
    message = _("没有可以导入的行。请按错误清单更正文件后重新上传。")


class ColumnsMissing(SheetError):
    """The header lacks columns that every row needs."""

    code = "columns_missing"
    message = _("缺少这些列：{columns}。请使用模板，或在第一行写上列名。")

    def __str__(self) -> str:
        # Kept as the Chinese titles, by which translations are found: readers and workers differ in language.
        columns = listed(gettext(title) for title in self.params["columns"])
        return str(self.message).format(columns=columns)


class WorkBroken(SheetError):
    """The worker met something that no rule foresaw; the log has it under the request's id."""

    code = "import_broken"
    message = _("处理时发生意外错误，未导入的行没有任何更改。请重新上传；若再次发生，请联系我们。")


def whole_file_error(kept: Mapping[str, Any]) -> str:
    """The reason why a file was refused, in the reader's language."""
    for kind in _kinds(SheetError):
        if kind.code == kept.get("code"):
            return str(kind(**kept.get("params", {})))
    return str(WorkBroken())


def _kinds(kind: type[SheetError]) -> list[type[SheetError]]:
    return [kind, *(deeper for below in kind.__subclasses__() for deeper in _kinds(below))]
