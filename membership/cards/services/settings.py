"""Card types, levels and the chain's rules for cards: settings, changed by whoever may."""

from collections.abc import Mapping
from typing import Any, Final

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from kernel import clock
from kernel.errors import DomainError
from kernel.money import Money
from membership.cards.models import CardLevel, CardRules, CardType
from membership.cards.policy import BEARER_VALIDITY_MONTHS, TypeKind, UseBy, lawful_cap_fen
from membership.cards.services.making import level_of, type_of
from tenants.audit.services import record
from tenants.people.domain import Act, Actor, require

EDITABLE: Final = (
    "name",
    "kind",
    "earns_points",
    "member_required",
    "use_by",
    "real_name",
    "top_up_allowed",
    "cards_per_id",
    "balance_cap_fen",
    "bearer_min_validity_months",
    "reissue_fee_fen",
    "number_prefix",
    "number_length",
    "check_digit",
    "internal_prefix",
    "internal_length",
    "same_day_spend_fen",
    "accumulated_spend_fen",
    "accumulated_months",
    "pin_ask",
    "pin_above_fen",
    "offered_online",
)
"""What a page may change of a type. Its approvals and its enabling are acts of their own."""


class CodeTaken(DomainError):
    """A type or level has this code already."""

    code = "code_taken"
    status = 409
    message = _("代码“{code_text}”已被使用，请换一个。")


class CapUnlawful(DomainError):
    """More than cards of this type may hold by law (单用途商业预付卡管理办法)."""

    code = "cap_unlawful"
    status = 400
    message = _("余额上限须在 ¥0.01 至 {cap} 之间：记名卡不超过 5,000 元，不记名卡不超过 1,000 元。")


class BearerValidityUnlawful(DomainError):
    """A bearer card is valid for three years at least (X-27)."""

    code = "bearer_validity_unlawful"
    status = 400
    message = _("不记名卡的有效期不得少于 {months} 个月。")


class TypeContradictory(DomainError):
    """The parts of the policy contradict each other."""

    code = "card_type_contradictory"
    status = 400
    message = _("设置互相矛盾：{problem_label}")


class ApprovalMissing(DomainError):
    """This type is enabled by the approval of its document only (R-E07, R-L02)."""

    code = "card_type_approval_missing"
    status = 409
    message = _("卡类型“{type_name}”须经审批才能启用，请提交“卡类型启用”单据。")


def create_type(*, actor: Actor, code: str, values: Mapping[str, Any]) -> CardType:
    """Add a card type, not yet enabled. Special and complimentary ones take over their preset's approvals.

    Raises:
        NotAllowed, CodeTaken, CapUnlawful, BearerValidityUnlawful, TypeContradictory
    """
    require(actor, Act.CARD_TYPE)
    card_type = CardType(code=code.strip().upper(), **_known(values))
    preset = CardType.objects.filter(kind=card_type.kind).exclude(approvals=[]).order_by("id").first()
    if preset is not None:
        card_type.approvals, card_type.issue_act = preset.approvals, preset.issue_act
    _check(card_type)
    try:
        with transaction.atomic():
            card_type.save()
    except IntegrityError:
        raise CodeTaken(code_text=card_type.code) from None
    _leave(actor, card_type, {"created": True})
    return card_type


def edit_type(*, actor: Actor, code: str, values: Mapping[str, Any]) -> CardType:
    """Change what cards of a type may do, from now on.

    Raises:
        NotAllowed, TypeNotFound, CapUnlawful, BearerValidityUnlawful, TypeContradictory
    """
    require(actor, Act.CARD_TYPE)
    card_type, given = type_of(code), _known(values)
    changed = {field: value for field, value in given.items() if getattr(card_type, field) != value}
    for field, value in changed.items():
        setattr(card_type, field, value)
    _check(card_type)
    if changed:
        card_type.save(update_fields=list(changed))
        _leave(actor, card_type, {"changed": sorted(changed)})
    return card_type


def set_enabled(*, actor: Actor, code: str, enabled: bool) -> CardType:
    """Put a type that needs no approval into use, or any type out of it: its cards stay, no new one is issued.

    Raises:
        NotAllowed, TypeNotFound, ApprovalMissing
    """
    require(actor, Act.CARD_TYPE)
    card_type = type_of(code)
    if enabled and card_type.approvals:
        raise ApprovalMissing(type_name=card_type.name)
    return _switch(actor, card_type, enabled=enabled, by="")


def enable_by_document(*, actor: Actor, code: str, document: str) -> CardType:
    """Put a type into use because its document has all its approvals (R-E07): the document's approval calls this.

    Raises:
        TypeNotFound
    """
    return _switch(actor, type_of(code), enabled=True, by=document)


def disable_by_document(*, actor: Actor, code: str, document: str) -> CardType:
    """Undo that, when the document is un-approved.

    Raises:
        TypeNotFound
    """
    return _switch(actor, type_of(code), enabled=False, by=document)


def save_level(
    *,
    actor: Actor,
    code: str,
    name: str,
    rank: int,
    validity_months: int,
    balance_cap: Money,
    new: bool,
    offered_online: bool | None = None,
) -> CardLevel:
    """Add a level, or change one: validity in months, the most its cards may hold (R-B09, R-B18), whether applicants on
    the web may wish for it (R-A11; None: as before).

    Raises:
        NotAllowed, LevelNotFound, CodeTaken, CapUnlawful
    """
    require(actor, Act.CARD_TYPE)
    code = code.strip().upper()
    if new and CardLevel.objects.filter(code=code).exists():
        raise CodeTaken(code_text=code)
    cap = lawful_cap_fen(member_required=True)
    if not 0 < balance_cap.fen <= cap:
        raise CapUnlawful(cap=Money(cap))
    level = CardLevel(code=code) if new else level_of(code)
    level.name, level.rank, level.validity_months = name, rank, validity_months
    level.balance_cap_fen = balance_cap.fen
    if offered_online is not None:
        level.offered_online = offered_online
    level.save()
    detail = {"validity_months": validity_months, "balance_cap_fen": balance_cap.fen, "created": new}
    detail["offered_online"] = level.offered_online
    record(actor, Act.CARD_TYPE, object_type="card_level", object_id=code, detail=detail)
    return level


def save_rules(
    *,
    actor: Actor,
    pin_ask: str,
    pin_above: Money,
    pin_failures: int,
    id_number_required: bool = False,
    one_member_per_id: bool = False,
) -> CardRules:
    """When tills ask for the PIN, and how many wrong ones lock a card, in the whole chain (X-19); whether a desk types
    ID numbers (R-J02, R-L08), and whether one document may stand on several members' files (R-H02).

    Raises:
        NotAllowed
    """
    require(actor, Act.CARD_TYPE)
    rules = CardRules.objects.get()
    rules.pin_ask, rules.pin_above_fen, rules.pin_failures = pin_ask, pin_above.fen, pin_failures
    rules.id_number_required, rules.one_member_per_id = id_number_required, one_member_per_id
    rules.save()
    detail = {"pin_ask": pin_ask, "pin_above_fen": pin_above.fen, "pin_failures": pin_failures}
    detail |= {"id_number_required": id_number_required, "one_member_per_id": one_member_per_id}
    record(actor, Act.CARD_TYPE, object_type="card_rules", object_id=rules.pk, detail=detail)
    return rules


def _known(values: Mapping[str, Any]) -> dict[str, Any]:
    return {field: values[field] for field in EDITABLE if field in values}


def _check(card_type: CardType) -> None:
    """What the table's constraints say too, in words."""
    cap = lawful_cap_fen(member_required=card_type.member_required)
    if not 0 < card_type.balance_cap_fen <= cap:
        raise CapUnlawful(cap=Money(cap))
    if card_type.bearer_min_validity_months < BEARER_VALIDITY_MONTHS:
        raise BearerValidityUnlawful(months=BEARER_VALIDITY_MONTHS)
    if card_type.kind == TypeKind.GIFT and (card_type.earns_points or card_type.member_required):
        raise TypeContradictory(problem_label=_("礼品卡不积分，也不登记会员。"))
    if card_type.real_name and not card_type.member_required:
        raise TypeContradictory(problem_label=_("不登记会员的卡不能实名。"))
    if card_type.use_by == UseBy.HOLDER and not card_type.member_required:
        raise TypeContradictory(problem_label=_("不登记会员的卡不能限本人使用。"))
    if card_type.offered_online:
        _check_online(card_type)


def _check_online(card_type: CardType) -> None:
    """What people apply for by themselves is a card of their own, which the counter issues (R-A11)."""
    if not card_type.member_required or card_type.use_by == UseBy.VEHICLE:
        raise TypeContradictory(problem_label=_("网上只能申请记名的、不绑定车辆的卡。"))
    if card_type.issue_act != Act.CARD_ISSUE:
        raise TypeContradictory(problem_label=_("由财务等专人发放的卡不能网上申请。"))


def _switch(actor: Actor, card_type: CardType, *, enabled: bool, by: str) -> CardType:
    if (card_type.enabled_at is not None) != enabled:
        card_type.enabled_at = clock.now() if enabled else None
        card_type.save(update_fields=["enabled_at"])
        _leave(actor, card_type, {"enabled": enabled} | ({"document": by} if by else {}))
    return card_type


def _leave(actor: Actor, card_type: CardType, detail: Mapping[str, Any]) -> None:
    record(actor, Act.CARD_TYPE, object_type="card_type", object_id=card_type.code, detail=detail)
