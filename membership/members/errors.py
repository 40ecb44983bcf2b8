"""Refusals that concern a member."""

from django.utils.translation import gettext_lazy as _

from kernel.errors import DomainError


class MemberNotFound(DomainError):
    """No member has this code."""

    code = "member_not_found"
    status = 404
    message = _("没有编号为“{member_code}”的会员。")


class MemberMerged(DomainError):
    """She was merged into another while this was being done."""

    code = "member_merged"
    status = 409
    message = _("会员 {member_code} 已并入 {into_code}，请打开 {into_code} 后重做。未作任何更改。")


class MemberErased(DomainError):
    """Her personal data was deleted at her request; there is nothing to change."""

    code = "member_erased"
    status = 409
    message = _("会员 {member_code} 的个人信息已应本人要求删除，不能再修改。")


class InvalidName(DomainError):
    """A member has a name of 1–60 characters."""

    code = "invalid_name"
    status = 400
    message = _("请填写会员姓名（最多 60 个字）。")


class InvalidBirthday(DomainError):
    """A birthday lies in the past."""

    code = "invalid_birthday"
    status = 400
    message = _("生日不能晚于今天。")


class InvalidEmail(DomainError):
    """Not an e-mail address."""

    code = "invalid_email"
    status = 400
    message = _("电子邮箱“{email}”无效，请核对。")


class InvalidReason(DomainError):
    """What is logged with a reason needs one that can be understood later."""

    code = "invalid_reason"
    status = 400
    message = _("请写明原因（2 到 100 个字）。")


class BirthdayContradicts(DomainError):
    """The birthday is not the one her ID document tells. Says neither: whoever reads this may not read the number."""

    code = "birthday_contradicts"
    status = 409
    message = _("生日与身份证件上的出生日期不一致。请核对；确与证件不同的，请勾选确认后再保存。未保存。")


class IdAlreadyFiled(DomainError):
    """Another member's file has this document (R-H02). ``other_codes`` names them, the first with her name masked."""

    code = "id_already_filed"
    status = 409
    message = _(
        "这个证件号码已登记在 {other_label} 名下。请打开该会员办理；确须另行登记的，请勾选确认后再保存。未保存。"
    )


class PhoneAlreadyFiled(DomainError):
    """Another member's file has this telephone: the same person twice, or a family. ``other_codes`` names them, the
    first with her name masked.
    """

    code = "phone_already_filed"
    status = 409
    message = _(
        "这个手机号已登记在 {other_label} 名下。请先核对是否同一个人；确是另一位会员的，请勾选确认后再提交。未保存。"
    )


class IdSharingForbidden(DomainError):
    """The chain's rules let one document stand on one member's file only."""

    code = "id_sharing_forbidden"
    status = 409
    message = _("这个证件号码已登记在 {other_label} 名下，本商户规定同一证件只能登记一位会员。未保存。")
