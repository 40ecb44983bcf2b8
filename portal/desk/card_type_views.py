"""Settings of cards: types, levels, when the PIN is asked."""

from typing import Any

from django.contrib import messages
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from membership.cards import queries
from membership.cards.document_kinds import CardTypeEnable
from membership.cards.models import CardLevel, CardRules
from membership.cards.services import making, settings
from membership.documents import services as documents
from membership.documents.domain import DocumentState
from membership.documents.queries import documents_about
from portal.attempts import attempt, status_of
from portal.desk.access import DeskRequest, staff_only
from portal.desk.card_forms import CardRulesForm, CardTypeForm, LevelForm, TypeEnablingForm
from portal.desk.issue_guide import approval_labels
from tenants.people.domain import Act

_FIELDS = {
    "code_taken": "code",
    "cap_unlawful": "balance_cap",
    "bearer_validity_unlawful": "bearer_min_validity_months",
}


@require_safe
@staff_only(Act.CARD_TYPE)
def overview(request: DeskRequest) -> HttpResponseBase:
    """Types, levels and the chain's rules on one page."""
    context = {
        "types": queries.types(),
        "levels": queries.levels(),
        "rules": CardRules.objects.get(),
        "nav": "card_types",
    }
    return render(request, "desk/card_types.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_only(Act.CARD_TYPE)
def type_edit(request: DeskRequest, code: str = "") -> HttpResponseBase:
    """A new type, or a change of one.

    Raises:
        TypeNotFound
    """
    card_type = making.type_of(code) if code else None
    form = CardTypeForm(request.POST or None, card_type=card_type)
    if request.method == "POST" and form.is_valid():
        actor, values = request.desk.actor, form.values()
        saved = attempt(
            form,
            lambda: (
                settings.edit_type(actor=actor, code=code, values=values)
                if code
                else settings.create_type(actor=actor, code=form.cleaned_data["code"], values=values)
            ),
            fields=_FIELDS,
        )
        if saved is not None:
            messages.success(request, _("卡类型“%(name)s”已保存。") % {"name": saved.name})
            return redirect("desk:card_types")
    context = {"form": form, "title": card_type.name if card_type else _("新增卡类型"), "nav": "card_types"}
    return render(request, "desk/card_setting.html", context, status=status_of(form))


@require_http_methods(["GET", "HEAD", "POST"])
@staff_only(Act.CARD_TYPE)
def type_enable(request: DeskRequest, code: str) -> HttpResponseBase:
    """Put a type into use; one that needs approvals files the document that asks for them (R-E07, R-L02).

    Raises:
        TypeNotFound
    """
    card_type = making.type_of(code)
    form = TypeEnablingForm(request.POST or None)
    actor = request.desk.actor
    if not card_type.approvals:
        if request.method == "POST":
            settings.set_enabled(actor=actor, code=code, enabled=True)
            messages.success(request, _("卡类型“%(name)s”已启用。") % {"name": card_type.name})
        return redirect("desk:card_types")
    if request.method == "POST" and form.is_valid():
        filed = attempt(form, lambda: _file(request, code, form.cleaned_data))
        if filed is not None:
            messages.success(request, _("已提交单据 %(number)s，等待审批。") % {"number": filed})
            return redirect("desk:card_types")
    steps = approval_labels(card_type)
    context = {"form": form, "card_type": card_type, "approvals": steps, "nav": "card_types"}
    context["pending"] = documents_about("card_type", code).filter(state=DocumentState.SUBMITTED).first()
    return render(request, "desk/card_type_enable.html", context, status=status_of(form))


@require_POST
@staff_only(Act.CARD_TYPE)
def type_disable(request: DeskRequest, code: str) -> HttpResponseBase:
    """Take a type out of use: its cards stay, no new one is issued.

    Raises:
        TypeNotFound
    """
    saved = settings.set_enabled(actor=request.desk.actor, code=code, enabled=False)
    messages.success(request, _("卡类型“%(name)s”已停用，不再发新卡；已发的卡照常使用。") % {"name": saved.name})
    return redirect("desk:card_types")


@require_http_methods(["GET", "HEAD", "POST"])
@staff_only(Act.CARD_TYPE)
def level_edit(request: DeskRequest, code: str = "") -> HttpResponseBase:
    """A new level, or a change of one.

    Raises:
        LevelNotFound
    """
    level = making.level_of(code) if code else None
    form = LevelForm(request.POST or None, level=level, initial=_initial(level))
    if request.method == "POST" and form.is_valid():
        given = dict(form.cleaned_data)
        typed = given.pop("code", code)
        saved = attempt(
            form,
            lambda: settings.save_level(actor=request.desk.actor, code=typed, new=level is None, **given),
            fields=_FIELDS,
        )
        if saved is not None:
            messages.success(request, _("卡级别“%(name)s”已保存。") % {"name": saved.name})
            return redirect("desk:card_types")
    context = {"form": form, "title": level.name if level else _("新增卡级别"), "nav": "card_types"}
    return render(request, "desk/card_setting.html", context, status=status_of(form))


@require_http_methods(["GET", "HEAD", "POST"])
@staff_only(Act.CARD_TYPE)
def rules_edit(request: DeskRequest) -> HttpResponseBase:
    """When tills ask for the PIN, in the whole chain."""
    rules = CardRules.objects.get()
    initial = {
        "pin_ask": rules.pin_ask,
        "pin_above": _yuan(rules.pin_above_fen),
        "pin_failures": rules.pin_failures,
        "id_number_required": rules.id_number_required,
        "one_member_per_id": rules.one_member_per_id,
    }
    form = CardRulesForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        saved = attempt(form, lambda: settings.save_rules(actor=request.desk.actor, **form.cleaned_data))
        if saved is not None:
            messages.success(request, _("用卡规则已保存。"))
            return redirect("desk:card_types")
    context = {"form": form, "title": _("用卡规则"), "nav": "card_types"}
    return render(request, "desk/card_setting.html", context, status=status_of(form))


def _file(request: DeskRequest, code: str, given: dict[str, Any]) -> str:
    actor = request.desk.actor
    document = documents.draft(actor=actor, kind=CardTypeEnable.code, payload={"type_code": code, **given})
    return documents.submit(actor=actor, number=document.number).number


def _initial(level: CardLevel | None) -> dict[str, Any]:
    if level is None:
        return {"validity_months": 24, "balance_cap": "5000.00"}
    return {
        "name": level.name,
        "rank": level.rank,
        "validity_months": level.validity_months,
        "balance_cap": _yuan(level.balance_cap_fen),
        "offered_online": level.offered_online,
    }


def _yuan(fen: int) -> str:
    return f"{fen // 100}.{fen % 100:02}"
