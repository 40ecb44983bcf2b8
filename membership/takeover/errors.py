"""Refusals of a take-over."""

from django.utils.translation import gettext_lazy as _

from kernel.errors import DomainError
from kernel.sheets.errors import SheetError


class TakeoverNotFound(DomainError):
    """There is no such take-over."""

    code = "takeover_not_found"
    status = 404
    message = _("没有这次接管。")


class TakeoverStepForbidden(DomainError):
    """The take-over is not where this step begins."""

    code = "takeover_step_forbidden"
    status = 409
    message = _("这次接管的状态是“{state_label}”，不能这样操作。")


class TakeoverOpen(DomainError):
    """One at a time: two could bring the same members."""

    code = "takeover_open"
    status = 409
    message = _("还有一次接管没有结束，请先完成或取消它。")


class SumsDiffer(DomainError):
    """What the signer read from the old system's print is not what the file says; nothing was signed."""

    code = "sums_differ"
    status = 409
    message = _("“{name}”不一致：文件为 {found}，您填写的是 {given}。没有签字；请核对原系统的打印件。")


class SignedAlready(DomainError):
    """Four eyes: the second signature is another person's."""

    code = "signed_already"
    status = 409
    message = _("您已经签过字，第二个签字须由另一人完成。")


class RowsFaulty(SheetError):
    """Some rows have problems. A balance cannot be taken over in part: the sums would not be the old system's."""

    code = "rows_faulty"
    message = _("有 {bad} 行有问题。接管不能只导入一部分，请按错误清单更正后重新上传。")


class TakeoverInUse(DomainError):
    """Something has happened on what was taken over since; undoing would take it away."""

    code = "takeover_in_use"
    status = 409
    message = _("接管之后已有业务发生，不能撤销：{what}。")
