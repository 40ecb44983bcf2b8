"""The rules a chain makes for its cashiers. Each act requires a transaction and leaves its trace."""

from datetime import date
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from billing.subscriptions.entitlements import require_module
from kernel.errors import DomainError
from ledger.domain import DrawPolicy
from membership.cashier.acting import chain_policy
from membership.cashier.models import BonusRule, ChainPolicy, MemberTerms, PointsRule
from membership.members.locks import hold_member
from tenants.audit.services import record
from tenants.people.domain import Act, Actor, require


class RuleInvalid(DomainError):
    """The rule contradicts itself: nothing given, days in the wrong order, more than the whole."""

    code = "rule_invalid"
    status = 422
    message = _("规则无效：金额须大于零，比例不超过 100%，结束日期不早于开始日期。未作任何更改。")


class RuleNotFound(DomainError):
    """There is no such rule."""

    code = "rule_not_found"
    status = 404
    message = _("没有找到这条规则。")


def set_policy(
    *,
    actor: Actor,
    draw_policy: DrawPolicy,
    bonus_validity_months: int | None,
    signed_limit_fen: int,
    signed_due_days: int,
    return_fee_bp: int,
) -> ChainPolicy:
    """Change the chain's settings at the till. What was posted stays as it was.

    Raises:
        NotAllowed, RuleInvalid
    """
    require(actor, Act.VALUE_POLICY)
    policy = chain_policy()
    before = _shown(policy)
    policy.draw_policy = draw_policy.value
    policy.bonus_validity_months = bonus_validity_months
    policy.signed_limit_fen = signed_limit_fen
    policy.signed_due_days = signed_due_days
    policy.return_fee_bp = return_fee_bp
    _saved(policy)
    changed = {name: value for name, value in _shown(policy).items() if before[name] != value}
    if changed:
        record(actor, Act.VALUE_POLICY, object_type="cashier_policy", object_id="1", detail=changed)
    return policy


def add_bonus_rule(
    *,
    actor: Actor,
    name: str,
    min_paid_fen: int,
    kind: str,
    value: int,
    level_id: int | None = None,
    store_id: int | None = None,
    starts_on: date | None = None,
    ends_on: date | None = None,
    day_cap_fen: int | None = None,
    validity_months: int | None = None,
) -> BonusRule:
    """A rule of what a top-up brings (R-E08). ``value``: fen, or hundredths of a percent.

    Raises:
        NotAllowed, RuleInvalid
    """
    require(actor, Act.VALUE_POLICY)
    rule = BonusRule(
        name=name,
        min_paid_fen=min_paid_fen,
        kind=kind,
        value=value,
        level_id=level_id,
        store_id=store_id,
        starts_on=starts_on,
        ends_on=ends_on,
        day_cap_fen=day_cap_fen,
        validity_months=validity_months,
    )
    _saved(rule)
    detail = {"name": name, "min_paid_fen": min_paid_fen, "kind": kind, "value": value}
    record(actor, Act.VALUE_POLICY, object_type="bonus_rule", object_id=str(rule.pk), detail=detail)
    return rule


def add_points_rule(
    *,
    actor: Actor,
    name: str,
    fen_per_point: int,
    level_id: int | None = None,
    starts_on: date | None = None,
    ends_on: date | None = None,
) -> PointsRule:
    """A rule of how much must be paid for one point (R-I01).

    Raises:
        NotAllowed, ModuleNotEnabled, RuleInvalid
    """
    require(actor, Act.VALUE_POLICY)
    require_module("points")
    rule = PointsRule(name=name, fen_per_point=fen_per_point, level_id=level_id, starts_on=starts_on, ends_on=ends_on)
    _saved(rule)
    detail = {"name": name, "fen_per_point": fen_per_point}
    record(actor, Act.VALUE_POLICY, object_type="points_rule", object_id=str(rule.pk), detail=detail)
    return rule


def switch_rule(*, actor: Actor, kind: type[BonusRule] | type[PointsRule], rule_id: int, enabled: bool) -> None:
    """Put a rule into force or out of it. It is never deleted: records name it.

    Raises:
        NotAllowed, RuleNotFound
        ModuleNotEnabled: a rule of points cannot begin to hold.
    """
    require(actor, Act.VALUE_POLICY)
    if enabled and kind is PointsRule:
        require_module("points")
    if not kind._default_manager.filter(pk=rule_id).update(enabled=enabled):
        raise RuleNotFound
    what = "bonus_rule" if kind is BonusRule else "points_rule"
    record(actor, Act.VALUE_POLICY, object_type=what, object_id=str(rule_id), detail={"enabled": enabled})


def terms_of(member_id: int) -> MemberTerms:
    """A member's own terms; where she has none, those that everybody has."""
    return MemberTerms.objects.filter(pk=member_id).first() or MemberTerms(member_id=member_id)


def set_member_terms(*, actor: Actor, member_id: int, signed_limit_fen: int | None, is_staff: bool) -> MemberTerms:
    """A member's own limit for signing (None: the chain's), and whether she works here and takes no bonus (R-I03).

    Raises:
        NotAllowed, RuleInvalid
        MemberMerged: her record was merged into another just now.
    """
    require(actor, Act.VALUE_POLICY)
    if signed_limit_fen is not None and signed_limit_fen < 0:
        raise RuleInvalid
    hold_member(member_id)
    terms, _created = MemberTerms.objects.update_or_create(
        member_id=member_id, defaults={"signed_limit_fen": signed_limit_fen, "is_staff": is_staff}
    )
    detail = {"signed_limit_fen": signed_limit_fen, "is_staff": is_staff}
    record(actor, Act.VALUE_POLICY, object_type="member", object_id=terms.member.code, detail=detail)
    return terms


def _saved(row: ChainPolicy | BonusRule | PointsRule) -> None:
    """The database knows what a rule may be; its refusal is said in words."""
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError as error:
        raise RuleInvalid from error


def _shown(policy: ChainPolicy) -> dict[str, Any]:
    names = ("draw_policy", "bonus_validity_months", "signed_limit_fen", "signed_due_days", "return_fee_bp")
    return {name: getattr(policy, name) for name in names}
