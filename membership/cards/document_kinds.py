"""The papers about cards."""

from collections.abc import Sequence
from datetime import date
from typing import Any, TypeVar

import msgspec
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from kernel.errors import DomainError
from membership.cards.domain import ValidityShift
from membership.cards.locks import lock_type
from membership.cards.models import CardType
from membership.cards.services.adjusting import (
    Binding,
    Levels,
    adjust_binding,
    adjust_level,
    plan_binding,
    plan_level,
)
from membership.cards.services.making import type_of
from membership.cards.services.redating import Dated, plan_redating, redate_by_document, take_back_redating
from membership.cards.services.settings import disable_by_document, enable_by_document
from membership.documents.domain import Approval, DocumentState
from membership.documents.errors import DocumentInvalid
from membership.documents.kinds import DocumentKind, kind
from membership.documents.models import Document
from membership.documents.queries import documents_about
from tenants.people.domain import Act, Actor

P = TypeVar("P")


class EnablingPending(DomainError):
    """Another paper about the type waits for its approvals."""

    code = "enabling_pending"
    status = 409
    message = _("卡类型 {type_code} 已有单据 {number} 在审批中，请等它办完，或先驳回、作废它。未提交。")


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

    def on_submitted(self, *, actor: Actor, document: Document, payload: TypeEnabling) -> None:
        # Two that are handed in at once take turns.
        lock_type(payload.type_code)
        waiting = documents_about("card_type", payload.type_code).filter(kind=self.code, state=DocumentState.SUBMITTED)
        other = waiting.exclude(pk=document.pk).first()
        if other is not None:
            raise EnablingPending(type_code=payload.type_code, number=other.number)

    def on_approved(self, *, actor: Actor, document: Document, payload: TypeEnabling) -> None:
        enable_by_document(actor=actor, code=payload.type_code, document=document.number)

    def on_unapproved(self, *, actor: Actor, document: Document, payload: TypeEnabling) -> None:
        disable_by_document(actor=actor, code=payload.type_code, document=document.number)


class ValidityPayload(msgspec.Struct, kw_only=True):
    """Which cards get which last day (R-C03)."""

    numbers: list[str]
    shift: ValidityShift
    until: date
    # The accounts' last day becomes the same one (R-C05).
    with_account: bool = False
    reason: str
    # Computed: the cards' last days as they are.
    planned: list[Dated] = []

    @property
    def shift_label(self) -> str:
        """The name of the direction."""
        return str(self.shift.label)


@kind
class CardValidity(DocumentKind[ValidityPayload]):
    """The end of cards is moved by a document that another person approves (R-C03); un-approval moves it back."""

    code, prefix, label = "CARD_VALIDITY", "YX", _("有效期调整单")
    payload_type = ValidityPayload
    draft_act = Act.CARD_VALIDITY
    approvals = (Approval(_("有效期审批"), Act.CARD_VALIDITY),)

    def subject(self, payload: ValidityPayload) -> tuple[str, str]:
        return ("card", payload.planned[0].number) if len(payload.planned) == 1 else ("", "")

    def summary(self, payload: ValidityPayload) -> str:
        first, more = payload.planned[0].number, len(payload.planned) - 1
        return f"{first}{f' + {more}' if more else ''} → {payload.until}"

    def check(self, *, actor: Actor, store_id: int | None, payload: ValidityPayload) -> ValidityPayload:
        if not payload.numbers:
            raise DocumentInvalid(problem_label=_("请填写会员卡号。"))
        _store_and_reason(store_id, payload.reason)
        planned = plan_redating(numbers=payload.numbers, shift=payload.shift, until=payload.until)
        return msgspec.structs.replace(payload, planned=planned)

    def on_approved(self, *, actor: Actor, document: Document, payload: ValidityPayload) -> None:
        redate_by_document(
            actor=actor,
            planned=payload.planned,
            shift=payload.shift,
            until=payload.until,
            with_account=payload.with_account,
            document=document.number,
            store_id=document.store_id,
        )

    def on_unapproved(self, *, actor: Actor, document: Document, payload: ValidityPayload) -> None:
        take_back_redating(
            actor=actor,
            planned=payload.planned,
            until=payload.until,
            with_account=payload.with_account,
            document=document.number,
            store_id=document.store_id,
        )


class LevelPayload(msgspec.Struct, kw_only=True):
    """Which card gets which level (R-C06)."""

    number: str
    level_code: str
    reason: str
    # Computed: the card as it is.
    planned: Levels | None = None


@kind
class CardLevelAdjustment(DocumentKind[LevelPayload]):
    """A card's level is changed by a document that another person approves (R-C06); un-approval changes it back."""

    code, prefix, label = "CARD_LEVEL", "JB", _("卡级别调整单")
    payload_type = LevelPayload
    draft_act = Act.CARD_ADJUST
    approvals = (Approval(_("级别审批"), Act.CARD_ADJUST),)

    def subject(self, payload: LevelPayload) -> tuple[str, str]:
        return ("card", _planned(payload.planned).number)

    def summary(self, payload: LevelPayload) -> str:
        planned = _planned(payload.planned)
        return f"{planned.number} {planned.before_name} → {planned.after_name}"

    def lines(self, payload: LevelPayload) -> Sequence[tuple[str | Promise, Any]]:
        planned = _planned(payload.planned)
        return (
            (_("会员卡号"), planned.number),
            (_("会员编号"), planned.member or "—"),
            (_("原级别"), planned.before_name),
            (_("新级别"), planned.after_name),
            (_("调整原因"), payload.reason),
        )

    def check(self, *, actor: Actor, store_id: int | None, payload: LevelPayload) -> LevelPayload:
        _store_and_reason(store_id, payload.reason)
        planned = plan_level(number=payload.number, level_code=payload.level_code)
        return msgspec.structs.replace(payload, planned=planned)

    def on_approved(self, *, actor: Actor, document: Document, payload: LevelPayload) -> None:
        planned = _planned(payload.planned)
        adjust_level(actor=actor, planned=planned, document=document.number, store_id=document.store_id)

    def on_unapproved(self, *, actor: Actor, document: Document, payload: LevelPayload) -> None:
        planned = _planned(payload.planned)
        adjust_level(actor=actor, planned=planned, document=document.number, store_id=document.store_id, back=True)


class BindingPayload(msgspec.Struct, kw_only=True):
    """Which card serves which vehicle of its member; an empty ``vehicle``: none in particular (R-C09)."""

    number: str
    vehicle: str = ""
    reason: str
    # Computed: the card as it is.
    planned: Binding | None = None


@kind
class CardBindingAdjustment(DocumentKind[BindingPayload]):
    """A card's vehicle is changed by a document that another person approves (R-C09); un-approval changes it back."""

    code, prefix, label = "CARD_BINDING", "BD", _("车卡绑定调整单")
    payload_type = BindingPayload
    draft_act = Act.CARD_ADJUST
    approvals = (Approval(_("绑定审批"), Act.CARD_ADJUST),)

    def subject(self, payload: BindingPayload) -> tuple[str, str]:
        return ("card", _planned(payload.planned).number)

    def summary(self, payload: BindingPayload) -> str:
        planned = _planned(payload.planned)
        return f"{planned.number} {planned.before_name} → {planned.after_name}"

    def lines(self, payload: BindingPayload) -> Sequence[tuple[str | Promise, Any]]:
        planned = _planned(payload.planned)
        return (
            (_("会员卡号"), planned.number),
            (_("会员编号"), planned.member or "—"),
            (_("原绑定车辆"), planned.before_name),
            (_("新绑定车辆"), planned.after_name),
            (_("调整原因"), payload.reason),
        )

    def check(self, *, actor: Actor, store_id: int | None, payload: BindingPayload) -> BindingPayload:
        here = _store_and_reason(store_id, payload.reason)
        planned = plan_binding(number=payload.number, vehicle=payload.vehicle, store_id=here)
        return msgspec.structs.replace(payload, planned=planned)

    def on_approved(self, *, actor: Actor, document: Document, payload: BindingPayload) -> None:
        self._adjust(actor, document, payload, back=False)

    def on_unapproved(self, *, actor: Actor, document: Document, payload: BindingPayload) -> None:
        self._adjust(actor, document, payload, back=True)

    def _adjust(self, actor: Actor, document: Document, payload: BindingPayload, *, back: bool) -> None:
        here = _store_and_reason(document.store_id, payload.reason)
        planned = _planned(payload.planned)
        adjust_binding(actor=actor, planned=planned, document=document.number, store_id=here, back=back)


def _store_and_reason(store_id: int | None, reason: str) -> int:
    if store_id is None:
        raise DocumentInvalid(problem_label=_("请选择门店。"))
    if not reason.strip():
        raise DocumentInvalid(problem_label=_("请填写调整原因。"))
    return store_id


def _planned(planned: P | None) -> P:
    """What was computed when the document was checked, as every stored one was."""
    assert planned is not None  # noqa: S101
    return planned
