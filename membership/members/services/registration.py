"""Whether a member's record is complete enough for a card (R-B02, R-B06, R-H01, R-H03)."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from kernel.errors import DomainError
from membership.members import locks
from membership.members.domain import Category, is_mobile
from membership.members.models import IdDocument, Member


class RegistrationIncomplete(DomainError):
    """Something that the card's type asks for is missing: no card (R-H01). The message names all of it at once."""

    code = "registration_incomplete"
    status = 409
    message = _("会员 {member_code} 的资料还不能办卡：{problem_labels}。请先补全资料。")


PROBLEMS: Final[Mapping[str, str | Promise]] = MappingProxyType(
    {
        "category": _("客户类别不是“保有客户”"),
        "document": _("没有登记身份证件，或没有核对过原件"),
        "mobile": _("没有手机号"),
        "merged": _("已并入另一位会员"),
        "erased": _("个人信息已删除"),
    }
)
"""What may be missing, by the code that ``registration_problems`` gives."""


def check_registration(member: Member, *, real_name: bool = True) -> Member:
    """Pass if a card may be issued to the member; she is held as she is until the transaction ends.

    ``real_name``: the card's type asks for an ID document and a mobile number (R-H03). The member must be a retained
    customer in any case (R-B02).

    Raises:
        MemberNotFound, MemberMerged, RegistrationIncomplete
    """
    held = locks.hold_member(member.pk)
    problems = registration_problems([held], real_name=real_name)[held.pk]
    if problems:
        labels = [PROBLEMS[problem] for problem in problems]
        raise RegistrationIncomplete(member_code=held.code, problem_labels=labels)
    return held


def registration_problems(members: Iterable[Member], *, real_name: bool = True) -> dict[int, list[str]]:
    """The codes of what is missing, by the member's key: an empty list where nothing is. One query for any number."""
    members = list(members)
    identified: set[int] = set()
    if real_name:
        found = IdDocument.objects.filter(member__in=members, original_seen=True)
        identified = set(found.values_list("member_id", flat=True))
    return {
        member.pk: [code for code, missing in _missing(member, real_name, member.pk in identified) if missing]
        for member in members
    }


def _missing(member: Member, real_name: bool, identified: bool) -> list[tuple[str, bool]]:
    return [
        ("merged", member.merged_into_id is not None),
        ("erased", member.erased_at is not None),
        ("category", member.category != Category.RETAINED),
        ("document", real_name and not identified),
        ("mobile", real_name and not is_mobile(member.phone)),
    ]
