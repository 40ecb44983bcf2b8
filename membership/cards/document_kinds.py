"""The papers about cards."""

from collections.abc import Sequence
from typing import Any

import msgspec
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from membership.cards.models import CardType
from membership.cards.services.making import type_of
from membership.cards.services.settings import disable_by_document, enable_by_document
from membership.documents.domain import Approval
from membership.documents.kinds import DocumentKind, kind
from membership.documents.models import Document
from tenants.people.domain import Act, Actor


class TypeEnabling(msgspec.Struct):
    """What the department reports before a type may be used (R-E07): how many cards, what they offer, what discount."""

    type_code: str
    quantity: int
    offer: str
    discount: str = ""


@kind
class CardTypeEnable(DocumentKind[TypeEnabling]):
    """Special cards are enabled by operations, finance and the general manager (R-E07), complimentary ones by the
    general manager (R-L02): the type says by whom.
    """

    code, prefix, label = "CARD_TYPE_ENABLE", "LX", _("卡类型启用")
    payload_type = TypeEnabling
    draft_act = Act.CARD_TYPE

    def approvals_of(self, document: Document, payload: TypeEnabling) -> Sequence[Approval]:
        steps = type_of(payload.type_code).approvals
        return tuple(Approval(step["label"], Act(step["act"])) for step in steps)

    def approval_acts(self) -> frozenset[Act]:
        found = CardType.objects.values_list("approvals", flat=True)
        return frozenset(Act(step["act"]) for steps in found for step in steps)

    def subject(self, payload: TypeEnabling) -> tuple[str, str]:
        return "card_type", payload.type_code

    def summary(self, payload: TypeEnabling) -> str:
        return f"{payload.type_code} × {payload.quantity}"

    def lines(self, payload: TypeEnabling) -> Sequence[tuple[str | Promise, Any]]:
        return (
            (_("卡类型"), payload.type_code),
            (_("数量"), payload.quantity),
            (_("优惠内容"), payload.offer),
            (_("折扣"), payload.discount),
        )

    def check(self, *, actor: Actor, store_id: int | None, payload: TypeEnabling) -> TypeEnabling:
        type_of(payload.type_code)
        return payload

    def on_approved(self, *, actor: Actor, document: Document, payload: TypeEnabling) -> None:
        enable_by_document(actor=actor, code=payload.type_code, document=document.number)

    def on_unapproved(self, *, actor: Actor, document: Document, payload: TypeEnabling) -> None:
        disable_by_document(actor=actor, code=payload.type_code, document=document.number)
