"""Refusals that concern a document."""

from django.utils.translation import gettext_lazy as _

from kernel.errors import DomainError


class DocumentNotFound(DomainError):
    """No document has this number, or it is not for this person's eyes."""

    code = "document_not_found"
    status = 404
    message = _("没有单号为“{number}”的单据。")


class DocumentKindUnknown(DomainError):
    """No kind of document has this code."""

    code = "document_kind_unknown"
    status = 404
    message = _("没有“{kind}”这种单据。")


class DocumentStepForbidden(DomainError):
    """The step cannot be taken from the state the document is in."""

    code = "document_step_forbidden"
    status = 409
    message = _("单据 {number} 的状态是“{state_label}”，不能{step_label}。未作任何更改。")


class DocumentFourEyes(DomainError):
    """Who wrote, submitted or approved a document does not approve it (again): four eyes see more than two."""

    code = "document_four_eyes"
    status = 403
    message = _("您已经办或审批过单据 {number}，须由另一个人审批。未作任何更改。")


class DocumentChanged(DomainError):
    """Somebody else has worked on the document since its page was opened."""

    code = "document_changed"
    status = 409
    message = _("单据 {number} 在您打开之后已被别人处理，请查看最新内容后再操作。未作任何更改。")


class DocumentReasonMissing(DomainError):
    """A step that undoes somebody's work says why."""

    code = "document_reason_missing"
    status = 400
    message = _("请填写原因。")


class DocumentInvalid(DomainError):
    """What the document says is incomplete or cannot be; ``field`` names where."""

    code = "document_invalid"
    status = 400
    message = _("单据内容有误：{problem_label}")
