"""The rules of the cashiers: draw order with a preview, bonus, points, signing."""

from typing import Any

from django.contrib import messages
from django.http import Http404
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from kernel.errors import DomainError
from kernel.money import Money
from ledger.domain import DrawPolicy
from membership.cards.queries import levels
from membership.cashier import policies
from membership.cashier.acting import chain_policy
from membership.cashier.models import DRAW_POLICY_CHOICES, BonusRule, PointsRule
from membership.cashier.quoting import quote
from membership.cashier.tender import Tender
from membership.members.services import get_member
from portal.attempts import attempt, status_of
from portal.desk.access import DeskRequest, staff_only
from portal.desk.value_forms import BonusRuleForm, MemberTermsForm, PointsRuleForm, PolicyForm, PreviewForm
from portal.holdings import member_sums
from portal.rows import last_day_before, lot_label
from tenants.people.domain import Act
from tenants.stores.queries import open_stores

_KINDS: dict[str, type[BonusRule] | type[PointsRule]] = {"bonus": BonusRule, "points": PointsRule}


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@staff_only(Act.VALUE_POLICY)
def rules(request: DeskRequest) -> HttpResponseBase:
    """All rules on one page; each part has its own form."""
    actor, asked = request.desk.actor, request.POST.get("form", "") if request.method == "POST" else ""
    of = _forms(request, asked)
    form = of.get(asked)
    if form is not None and form.is_valid():
        acts = {
            "policy": lambda: policies.set_policy(actor=actor, **form.asked()),
            "bonus": lambda: policies.add_bonus_rule(actor=actor, **form.asked()),
            "points": lambda: policies.add_points_rule(actor=actor, **form.asked()),
        }
        if attempt(form, acts[asked]) is not None:
            messages.success(request, _("已保存，此后的收银按新规则。"))
            return redirect("desk:value_rules")
    context = {
        "forms": of,
        "bonus_rules": BonusRule.objects.select_related("level", "store").order_by("-enabled", "min_paid_fen", "pk"),
        "points_rules": PointsRule.objects.select_related("level").order_by("-enabled", "fen_per_point", "pk"),
        "preview": PreviewForm(),
        "nav": "value_rules",
    }
    return render(request, "desk/value_rules.html", context, status=status_of(form) if form is not None else 200)


@require_POST
@staff_only(Act.VALUE_POLICY)
def rule_switch(request: DeskRequest, kind: str, rule_id: int) -> HttpResponseBase:
    """Put a rule into force, or out of it."""
    if kind not in _KINDS:
        raise Http404
    policies.switch_rule(
        actor=request.desk.actor, kind=_KINDS[kind], rule_id=rule_id, enabled=request.POST.get("enabled") == "1"
    )
    return redirect("desk:value_rules")


@require_safe
@staff_only(Act.VALUE_POLICY)
def draw_preview(request: DeskRequest) -> HttpResponseBase:
    """What a consumption would draw from a card in each order, beside each other."""
    form = PreviewForm(request.GET or None)
    columns: list[dict[str, Any]] = []
    problem = ""
    if form.is_valid():
        try:
            columns = [_column(request, form, value, label) for value, label in DRAW_POLICY_CHOICES]
        except DomainError as error:
            problem = str(error)
    context = {"preview": form, "columns": columns, "problem": problem, "nav": "value_rules"}
    template = "desk/_value_draws.html" if getattr(request, "htmx", False) else "desk/value_draws.html"
    return render(request, template, context)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@staff_only(Act.VALUE_POLICY)
def member_terms(request: DeskRequest, code: str) -> HttpResponseBase:
    """What holds at the till for one member alone: her limit for signing, and whether she works here (R-I03). The code
    of one who was merged leads to the other.

    Raises:
        MemberNotFound
    """
    member = get_member(code)
    if member.code != code.strip().upper():
        return redirect("desk:member_terms", code=member.code)
    limit = Money(chain_policy().signed_limit_fen)
    form = MemberTermsForm.of(policies.terms_of(member.pk), chains_limit=limit, data=request.POST or None)
    if request.method == "POST" and form.is_valid():
        saved = attempt(
            form,
            lambda: policies.set_member_terms(actor=request.desk.actor, member_id=member.pk, **form.asked()),
            fields={"rule_invalid": "signed_limit"},
        )
        if saved is not None:
            messages.success(request, _("会员的收银条件已保存。"))
            return redirect("desk:member_detail", code=member.code)
    context = {"form": form, "member": member, "sums": member_sums(member.pk), "nav": "members"}
    return render(request, "desk/members/terms.html", context, status=status_of(form))


def _forms(request: DeskRequest, asked: str) -> dict[str, Any]:
    every_level, every_store = levels(), open_stores()
    data = {name: request.POST if asked == name else None for name in ("policy", "bonus", "points")}
    return {
        "policy": PolicyForm.of(chain_policy(), data["policy"]),
        "bonus": BonusRuleForm(data["bonus"], levels=every_level, stores=every_store),
        "points": PointsRuleForm(data["points"], levels=every_level),
    }


def _column(request: DeskRequest, form: PreviewForm, policy: str, label: Any) -> dict[str, Any]:
    amount = form.cleaned_data["amount"]
    found = quote(
        actor=request.desk.actor,
        card_number=form.cleaned_data["number"],
        total=amount,
        tender=Tender(stored_fen=amount.fen),
        store_id=request.desk.store.pk if request.desk.store else 0,
        draw_policy=DrawPolicy(policy),
    )
    draws = [
        {
            "kind_label": lot_label(draw.kind),
            "last_day": last_day_before(draw.expires_at) if draw.expires_at else None,
            "amount_fen": draw.amount_fen,
        }
        for draw in found.draws
    ]
    return {"label": label, "quote": found, "draws": draws, "refusal": str(found.refusal) if found.refusal else ""}
