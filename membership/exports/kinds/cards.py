"""The card list (R-C01) as a workbook."""

from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kernel.sheets import Column, ColumnKind
from membership.cards.models import Card
from membership.cards.queries import page_of_cards, search_cards, values_of
from membership.exports.kinds.base import ExportKind, Filters, kind
from membership.members.domain import masked_name, masked_phone
from tenants.people.domain import Act


@kind
class Cards(ExportKind):
    """Cards as the list finds them, with what is on them."""

    code = "CARDS"
    label = gettext_lazy("会员卡清单")
    acts = (Act.CARD_VIEW, Act.CARD_ISSUE, Act.CARD_MAKE, Act.VALUE_TOP_UP, Act.VALUE_CONSUME)

    def found(self, filters: Filters) -> QuerySet[Card]:
        """By the filters of the card list."""
        return search_cards(
            text=filters.get("q", ""),
            status=filters.get("status", ""),
            level_code=filters.get("level", ""),
            type_code=filters.get("type", ""),
        )

    def page(self, found: QuerySet[Card], *, size: int, after: Card | None) -> list[Card]:
        """By number. One query."""
        return page_of_cards(found, size=size, after_number=after.number if after else "")

    def columns(self) -> Sequence[Column]:
        """As the list has them, and more than fits on a screen."""
        return [
            Column(_("会员卡号"), width=20),
            Column(_("会员编号"), width=12),
            Column(_("姓名"), width=14),
            Column(_("手机号"), width=18),
            Column(_("车牌"), width=12),
            Column(_("车架号"), width=20),
            Column(_("卡类型")),
            Column(_("卡级别")),
            Column(_("状态"), width=10),
            Column(_("发卡时间"), ColumnKind.MOMENT, 20),
            Column(_("卡有效期"), ColumnKind.DATE, 12),
            Column(_("账户到期日"), ColumnKind.DATE, 12),
            Column(_("储值本金"), ColumnKind.YUAN, 14),
            Column(_("赠送余额"), ColumnKind.YUAN, 14),
            Column(_("余额"), ColumnKind.YUAN, 14),
            Column(_("积分"), ColumnKind.NUMBER, 12),
        ]

    def rows(self, page: Sequence[Card], *, revealed: bool) -> list[list[Any]]:
        """One query for what is on all of them. An idle card has neither holder nor value."""
        values = values_of(page)
        return [self._row(card, values.get(card.pk), revealed=revealed) for card in page]

    @staticmethod
    def _row(card: Card, value: Any, *, revealed: bool) -> list[Any]:
        member, vehicle = card.member, card.bound_vehicle
        name = phone = None
        if member is not None:
            name = member.name if revealed else masked_name(member.name)
            phone = member.phone if revealed else masked_phone(member.phone)
        return [
            card.number,
            member.code if member else None,
            name,
            phone,
            vehicle.plate if vehicle else None,
            vehicle.vin if vehicle else None,
            card.type.name,
            card.level.name,
            str(card.get_status_display()),
            card.issued_at,
            card.valid_until,
            card.account_valid_until,
            *((value.principal_fen, value.bonus_fen, value.total_fen, value.points) if value else (None,) * 4),
        ]
