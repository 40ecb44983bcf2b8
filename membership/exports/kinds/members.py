"""The member list as a workbook. ID numbers are never in it."""

from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kernel.clock import CHINA
from kernel.sheets import Column, ColumnKind
from membership.exports.kinds.base import ExportKind, Filters, kind
from membership.members.domain import masked_name, masked_phone
from membership.members.models import Member
from membership.members.queries import narrow, page_of_members, search_members, with_tags
from membership.vehicles.domain import tidy_plate
from tenants.people.domain import Act


@kind
class Members(ExportKind):
    """Members as the list finds them."""

    code = "MEMBERS"
    label = gettext_lazy("会员清单")
    acts = (Act.MEMBER_VIEW,)

    def found(self, filters: Filters) -> QuerySet[Member]:
        """By the filters of the member list."""
        tag = filters.get("tag", "")
        return narrow(
            search_members(filters.get("q", "")),
            category=filters.get("category", ""),
            tag_id=int(tag) if tag.isdecimal() else None,
            plate=tidy_plate(filters.get("plate", "")),
            vin=tidy_plate(filters.get("vin", "")),
        ).select_related("store")

    def page(self, found: QuerySet[Member], *, size: int, after: Member | None) -> list[Member]:
        """The newest first. Two queries."""
        return page_of_members(with_tags(found), size=size, before_id=after.pk if after else None)

    def columns(self) -> Sequence[Column]:
        """What identifies a member, and how to reach her."""
        return [
            Column(_("会员编号"), width=12),
            Column(_("姓名"), width=14),
            Column(_("手机号"), width=18),
            Column(_("客户类别"), width=12),
            Column(_("标签"), width=20),
            Column(_("生日"), ColumnKind.DATE, 12),
            Column(_("固定电话"), width=16),
            Column(_("电子邮箱"), width=24),
            Column(_("地址"), width=40),
            Column(_("建档门店")),
            Column(_("卡数"), ColumnKind.NUMBER, 8),
            Column(_("入会日期"), ColumnKind.DATE, 12),
        ]

    def rows(self, page: Sequence[Member], *, revealed: bool) -> list[list[Any]]:
        """What cannot be masked and still be of use (birthday, address …) is left empty. No query."""
        return [self._row(member, revealed=revealed) for member in page]

    @staticmethod
    def _row(member: Member, *, revealed: bool) -> list[Any]:
        worn = getattr(member, "worn", [])
        return [
            member.code,
            member.name if revealed else masked_name(member.name),
            member.phone if revealed else masked_phone(member.phone),
            str(member.get_category_display()),
            "、".join(use.tag.name for use in worn),
            *((member.birthday, member.landline, member.email, member.address) if revealed else (None,) * 4),
            member.store.name,
            getattr(member, "card_count", None),
            member.created_at.astimezone(CHINA).date(),
        ]
