"""The papers about cards that lie unused: the list to be frozen, and the form that opens one again."""

from collections.abc import Sequence
from typing import Any

import msgspec
from django.utils.functional import Promise
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from kernel.money import Money
from membership.documents.domain import Approval
from membership.documents.kinds import DocumentKind, kind
from membership.documents.models import Document
from membership.expiry.services import dormancy
from tenants.people.domain import Act, Actor


class DormancyPayload(msgspec.Struct, frozen=True):
    """What a list says in sum; its cards are rows of their own."""

    unused_since: str
    months: int
    notice_days: int
    cards: int = 0
    balance_fen: int = 0
    points: int = 0


@kind
class DormancyList(DocumentKind[DormancyPayload]):
    """Prepared by customer service, approved by head office, published, then frozen (R-G04)."""

    code, prefix, label = dormancy.LIST, "SM", _("睡眠卡清单")
    payload_type = DormancyPayload
    draft_act = Act.DORMANCY_LIST
    approvals = (Approval(_("总办审批"), Act.DORMANCY_APPROVE),)
    complete_act = Act.DORMANCY_LIST
    completes_by_hand = False
    by_hand = False

    def summary(self, payload: DormancyPayload) -> str:
        said = {"cards": payload.cards, "balance": Money(payload.balance_fen)}
        return _now("%(cards)s 张，余额 %(balance)s") % said

    def lines(self, payload: DormancyPayload) -> Sequence[tuple[str | Promise, Any]]:
        return (
            (_("自此日起未使用"), payload.unused_since),
            (_("卡数"), payload.cards),
            (_("余额合计"), Money(payload.balance_fen)),
            (_("积分合计"), payload.points),
            (_("冻结提前通知（天）"), payload.notice_days),
        )

    def on_approved(self, *, actor: Actor, document: Document, payload: DormancyPayload) -> None:
        dormancy.publish(document, notice_days=payload.notice_days)

    def on_unapproved(self, *, actor: Actor, document: Document, payload: DormancyPayload) -> None:
        dormancy.take_back(document)

    def on_completed(self, *, actor: Actor, document: Document, payload: DormancyPayload) -> None:
        dormancy.refuse_while_open(document)


class ReopeningPayload(msgspec.Struct, frozen=True):
    """The form a customer fills in for a card that was frozen as dormant."""

    card_number: str
    verified_by: str
    balance_fen: int
    note: str = ""


@kind
class Reopening(DocumentKind[ReopeningPayload]):
    """The card is open at once, free of charge; customer service and finance look at the form after (R-G05)."""

    code, prefix, label = dormancy.REOPENING, "QY", _("睡眠卡重新启用")
    payload_type = ReopeningPayload
    draft_act = Act.CARD_FREEZE
    approvals = (Approval(_("客服复核"), Act.DORMANCY_LIST), Approval(_("财务复核"), Act.AUDIT_VIEW))
    completes_itself = True
    by_hand = False

    def subject(self, payload: ReopeningPayload) -> tuple[str, str]:
        return "card", payload.card_number

    def summary(self, payload: ReopeningPayload) -> str:
        return payload.card_number

    def lines(self, payload: ReopeningPayload) -> Sequence[tuple[str | Promise, Any]]:
        return (
            (_("会员卡号"), payload.card_number),
            (_("核验方式"), payload.verified_by),
            (_("余额"), Money(payload.balance_fen)),
            (_("说明"), payload.note),
        )
