"""Refusals that concern an application for a card."""

from django.utils.translation import gettext_lazy as _

from kernel.errors import DomainError


class ApplicationsNotOffered(DomainError):
    """The chain takes none: its plan has no applications, or nobody has chosen a card to be offered."""

    code = "applications_not_offered"
    status = 404
    message = _("本商户目前不受理网上办卡，请到门店办理。")


class ApplicationsPaused(DomainError):
    """The chain may not promise new cards for now."""

    code = "applications_paused"
    status = 503
    message = _("本商户暂停受理网上办卡，请稍后再来，或到门店办理。未提交任何资料。")


class DayFull(DomainError):
    """As many applications as the chain takes on one day."""

    code = "applications_day_full"
    status = 429
    message = _("今天的网上申请已满，请明天再来，或到门店办理。未提交任何资料。")


class TooManyOpen(DomainError):
    """This telephone, which has just been shown to be hers, has several applications that wait."""

    code = "too_many_open_applications"
    status = 409
    message = _("这个手机号已有 {count} 份申请待审核，请等审核后再申请。")


class ChoiceNotOffered(DomainError):
    """This card, level, store or way is not among those offered."""

    code = "choice_not_offered"
    status = 400
    message = _("所选的“{choice_label}”目前不提供，请重新选择。")


class AddressMissing(DomainError):
    """Where should the card be sent?"""

    code = "delivery_address_missing"
    status = 400
    message = _("请填写邮寄地址（5 到 200 个字）。")


class MobileNeeded(DomainError):
    """Codes go to mobiles of mainland China."""

    code = "mobile_needed"
    status = 400
    message = _("请填写中国大陆的 11 位手机号，用于接收验证码。")


class ConsentMissing(DomainError):
    """She did not agree to what her data is used for: none of it is kept."""

    code = "terms_not_agreed"
    status = 400
    message = _("请阅读并同意办卡须知和个人信息处理说明。未提交任何资料。")


class TermsChanged(DomainError):
    """A new version was published while the form was open."""

    code = "terms_changed"
    status = 409
    message = _("办卡须知刚刚更新，请重新阅读后提交。未提交任何资料。")


class PhotoMissing(DomainError):
    """This chain asks for a photo of the document."""

    code = "photo_missing"
    status = 400
    message = _("请上传身份证件的照片。")


class ApplicationNotFound(DomainError):
    """No such application, or none that this person may see."""

    code = "application_not_found"
    status = 404
    message = _("没有编号为“{number}”的申请。")


class ApplicationStepForbidden(DomainError):
    """The application's present state does not allow this act."""

    code = "application_step_forbidden"
    status = 409
    message = _("申请 {number} 的状态是“{state_label}”，不能办理“{act_label}”。未作任何更改。")


class LapsedTooEarly(DomainError):
    """The applicant has some weeks to come for her card."""

    code = "application_lapsed_too_early"
    status = 409
    message = _("申请 {number} 的卡要等满 {days} 天没人领，才能作废，最早 {day}。未作任何更改。")


class CardDoesNotFit(DomainError):
    """Another type or level than was applied for."""

    code = "card_does_not_fit"
    status = 409
    message = _("会员卡 {card_number} 是“{found_label}”，申请的是“{wanted_label}”。请换一张卡。未作任何更改。")


class MemberPhoneDiffers(DomainError):
    """Whoever holds the applicant's telephone would get at everything that is this member's."""

    code = "member_phone_differs"
    status = 409
    message = _(
        "会员 {member_code} 登记的手机号与申请的不同。请先核对本人证件并更正会员的手机号，再通过申请。未作任何更改。"
    )


class MemberIdDiffers(DomainError):
    """The member has another number of this kind of document: not the same person."""

    code = "member_id_differs"
    status = 409
    message = _("会员 {member_code} 登记的{kind_label}号码与申请的不同，不是同一人。未作任何更改。")


class PhotoGone(DomainError):
    """There is no photo, or no more."""

    code = "application_photo_gone"
    status = 404
    message = _("这份申请没有证件照片，或照片已按期删除。")


class OriginalNotSeen(DomainError):
    """A card is handed over at the desk to whoever shows the document (R-H08)."""

    code = "original_not_seen"
    status = 400
    message = _("到店领取须核对本人身份证件原件，请核对后勾选。未作任何更改。")


class LinkUseless(DomainError):
    """The link to set the PIN was used, replaced by a newer one, or is too old."""

    code = "pin_link_useless"
    status = 410
    message = _("链接已使用或已失效。设置过密码的请直接登录；没有设置的，请门店重新发送，或带有效证件到门店办理。")


class PersonalDataForgotten(DomainError):
    """The time for which it is kept is over."""

    code = "application_forgotten"
    status = 410
    message = _("申请 {number} 的个人资料已按期删除。")


class InvalidTerms(DomainError):
    """Too short to inform anybody, or too long to be read."""

    code = "invalid_terms"
    status = 400
    message = _("办卡须知须为 20 到 4,000 个字。")


class RejectionReasonMissing(DomainError):
    """The applicant reads why."""

    code = "rejection_reason_missing"
    status = 400
    message = _("请写明未通过的原因（2 到 100 个字），申请人会看到。")
