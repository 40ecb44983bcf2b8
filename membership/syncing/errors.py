"""Why a member of a batch is not taken. None tells anything that was sent of her."""

from collections.abc import Mapping
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from kernel.errors import DomainError
from membership.members.errors import MemberErased, MemberMerged, MemberNotFound

_WORDS: Final[Mapping[str, str | Promise]] = {
    "name": _("姓名"),
    "phone": _("手机号"),
    "birthday": _("生日"),
    "landline": _("固定电话"),
    "email": _("电子邮箱"),
    "id_number": _("证件号码"),
}


class InvalidMemberField(DomainError):
    """A field has no form that is taken. ``field`` names it, ``problem`` is the code of what is wrong; people read the
    field's word.
    """

    code = "invalid_member_field"
    status = 400
    message = _("{field}无效，请更正后再传。这位会员未作更改。")

    def __str__(self) -> str:
        return str(self.message).format(field=_WORDS[self.params["field"]])


class ExternalNumberRepeated(DomainError):
    """An earlier member of the batch has the same external number."""

    code = "external_number_repeated"
    status = 409
    message = _("同一批中这个外部编号出现了不止一次，只采用第一条。")


class ExternalNumberTaken(DomainError):
    """The external number is another member's already."""

    code = "external_number_taken"
    status = 409
    message = _("这个外部编号已属于会员 {member_code}，这位会员未作更改。")


class MemberRepeated(DomainError):
    """An earlier member of the batch is the same person here."""

    code = "member_repeated"
    status = 409
    message = _("同一批中前面已有同一位会员，只采用第一条。")


class MemberExists(DomainError):
    """A member of that name and telephone is here already, without this external number."""

    code = "member_exists"
    status = 409
    message = _("已有同名且同手机号的会员 {member_code}。确为同一人的，请带上 member_code 再发一次；这位会员未作更改。")


class MemberDiffers(DomainError):
    """The member whom ``member_code`` names has another name or telephone here: she is not joined by her code alone."""

    code = "member_differs"
    status = 409
    message = _("会员 {member_code} 登记的姓名或手机号与此不同，不能凭编号关联。请先在前台核对；这位会员未作更改。")


class DocumentFiledElsewhere(DomainError):
    """Another member's file has this document."""

    code = "document_filed_elsewhere"
    status = 409
    message = _("这个证件号码已登记在会员 {member_code} 名下，请在前台办理；这位会员未作更改。")


class DocumentDiffers(DomainError):
    """A document of this kind has been seen at the desk, with another number."""

    code = "document_differs"
    status = 409
    message = _("前台核对过的证件号码与此不同，请在前台更正；这位会员未作更改。")


class BirthdayDiffers(DomainError):
    """The birthday is not the one that her ID document tells."""

    code = "birthday_differs"
    status = 409
    message = _("生日与身份证件上的出生日期不一致，请在前台核对；这位会员未作更改。")


REFUSALS: Final[Mapping[str, type[DomainError]]] = {
    refusal.code: refusal
    for refusal in (
        InvalidMemberField, ExternalNumberRepeated, ExternalNumberTaken, MemberRepeated, MemberExists,
        MemberDiffers, DocumentFiledElsewhere, DocumentDiffers, MemberNotFound, MemberMerged, MemberErased,
        BirthdayDiffers,
    )
}  # fmt: skip
"""Every refusal of a member, by its code: an answer is given again from what was stored of it."""
