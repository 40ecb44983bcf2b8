"""What is done on a member's page: documents compared and read, consents, tags, a copy of her data, its deletion."""

import json
from collections.abc import Callable
from typing import Any

from django import forms as django_forms
from django.contrib import messages
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from membership.members import queries, services
from membership.members.domain import (
    ConsentChannel,
    ConsentPurpose,
    ConsentSource,
    DocumentKind,
    TagColour,
    national,
)
from membership.members.models import Member
from portal.attempts import attempt, status_of
from portal.desk import member_forms as forms
from portal.desk.access import DeskRequest, staff_only
from portal.desk.member_rows import said_of, tag_row
from portal.desk.member_views import detail_page, working_store
from tenants.people.domain import Act


@require_POST
@never_cache
@staff_only(Act.MEMBER_VIEW)
def compare(request: DeskRequest, code: str) -> HttpResponseBase:
    """Compare the number of the document that is shown with the one on record; nothing of it is revealed.

    Raises:
        MemberNotFound, NotAllowed
    """
    member = services.get_member(code)
    form = forms.DocumentForm(request.POST, auto_id="compare_%s")
    if not form.is_valid():
        return detail_page(request, member, status=400, compare_form=form)
    check = services.verify_identity(
        actor=request.desk.actor,
        member=member,
        kind=DocumentKind(form.cleaned_data["document_kind"]),
        number=form.cleaned_data["document_number"],
        store_id=working_store(request, Act.MEMBER_VIEW),
    )
    tone, text = said_of(check)
    return detail_page(request, member, compared={"tone": tone, "text": text})


@require_POST
@never_cache
@staff_only(Act.MEMBER_REVEAL)
def reveal(request: DeskRequest, code: str) -> HttpResponseBase:
    """Show a whole ID number, once, on the answer itself; that it was read is in the trail.

    Raises:
        MemberNotFound
    """
    member = services.get_member(code)
    form = forms.RevealForm(request.POST, auto_id="reveal_%s")
    if form.is_valid():
        kind = DocumentKind(form.cleaned_data["document_kind"])
        number = attempt(
            form,
            lambda: services.reveal_number(
                actor=request.desk.actor,
                code=member.code,
                kind=kind,
                reason=form.cleaned_data["reason"],
                store_id=working_store(request, Act.MEMBER_REVEAL),
            ),
            fields={"invalid_reason": "reason"},
        )
        if number is not None:
            return detail_page(request, member, revealed={"kind_label": kind.label, "number": number})
    return detail_page(request, member, status=status_of(form), reveal_form=form)


@require_POST
@staff_only(Act.MEMBER_CREATE)
def document_remove(request: DeskRequest, code: str) -> HttpResponseBase:
    """Take a document that was filed by mistake off the record.

    Raises:
        MemberNotFound, NotAllowed, DocumentNotFound
    """
    member = services.get_member(code)
    kind = request.POST.get("document_kind", "")
    if kind in DocumentKind:
        services.remove_document(
            actor=request.desk.actor,
            code=member.code,
            kind=DocumentKind(kind),
            store_id=working_store(request, Act.MEMBER_CREATE),
        )
        messages.success(request, _("证件登记已删除。"))
    return redirect("desk:member_detail", code=member.code)


@require_POST
@never_cache
@staff_only(Act.MEMBER_REVEAL)
def retained(request: DeskRequest, code: str) -> HttpResponseBase:
    """Show who an erased member was, once, for an authority that may ask; that it was read is in the trail.

    Raises:
        MemberNotFound
    """
    member = services.get_member(code)
    form = forms.ReasonForm(request.POST, auto_id="retained_%s")
    kept = _with_reason(
        form,
        lambda reason: services.reveal_retained(
            actor=request.desk.actor,
            code=member.code,
            reason=reason,
            store_id=working_store(request, Act.MEMBER_REVEAL),
        ),
    )
    if kept is None:
        return detail_page(request, member, status=status_of(form), retained_form=form)
    documents = [
        {"kind_label": DocumentKind(document["kind"]).label, "number": document["number"]}
        for document in kept["documents"]
    ]
    shown = {"name": kept["name"], "phone": national(kept["phone"]), "documents": documents}
    return detail_page(request, member, was=shown)


@require_POST
@staff_only(Act.MEMBER_CREATE)
def consent_give(request: DeskRequest, code: str) -> HttpResponseBase:
    """Note a consent.

    Raises:
        MemberNotFound
    """
    member = services.get_member(code)
    form = forms.ConsentForm(request.POST, auto_id="consent_%s")
    if form.is_valid():
        given = form.cleaned_data
        consent = attempt(
            form,
            lambda: services.give_consent(
                actor=request.desk.actor,
                code=member.code,
                purpose=ConsentPurpose(given["purpose"]),
                channel=ConsentChannel(given["channel"]),
                how=ConsentSource(given["how"]),
                proof=given["proof"],
                store_id=working_store(request, Act.MEMBER_CREATE),
            ),
            fields={"consent_incomplete": "proof"},
        )
        if consent is not None:
            messages.success(request, _("已登记同意。"))
            return redirect("desk:member_detail", code=member.code)
    return detail_page(request, member, status=status_of(form), consent_form=form)


@require_POST
@staff_only(Act.MEMBER_CREATE)
def consent_withdraw(request: DeskRequest, code: str) -> HttpResponseBase:
    """End a consent, at once.

    Raises:
        MemberNotFound, NotAllowed, ConsentNotFound
    """
    member = services.get_member(code)
    form = forms.WithdrawForm(request.POST)
    if form.is_valid():
        services.withdraw_consent(
            actor=request.desk.actor,
            code=member.code,
            purpose=ConsentPurpose(form.cleaned_data["purpose"]),
            channel=ConsentChannel(form.cleaned_data["channel"]),
            how=ConsentSource.DESK,
            store_id=working_store(request, Act.MEMBER_CREATE),
        )
        messages.success(request, _("已撤回，立即生效。"))
    return redirect("desk:member_detail", code=member.code)


@require_POST
@staff_only(Act.MEMBER_CREATE)
def tags_set(request: DeskRequest, code: str) -> HttpResponseBase:
    """Change the tags that a member wears.

    Raises:
        MemberNotFound, NotAllowed, TagNotFound
    """
    member = services.get_member(code)
    form = forms.TagsForm(request.POST, tags=queries.tags(with_retired=True))
    if form.is_valid():
        services.set_tags(
            actor=request.desk.actor,
            code=member.code,
            tag_ids=[int(pk) for pk in form.cleaned_data["tags"]],
            store_id=working_store(request, Act.MEMBER_CREATE),
        )
        messages.success(request, _("已保存。"))
    return redirect("desk:member_detail", code=member.code)


@require_POST
@never_cache
@staff_only(Act.DATA_EXPORT)
def export(request: DeskRequest, code: str) -> HttpResponseBase:
    """A copy of everything that is known of her, for herself, as JSON (PIPL 45).

    Raises:
        MemberNotFound
    """
    member = services.get_member(code)
    form = forms.ReasonForm(request.POST, auto_id="export_%s")
    told = _with_reason(
        form,
        lambda reason: services.export_of(
            actor=request.desk.actor,
            code=member.code,
            reason=reason,
            store_id=working_store(request, Act.DATA_EXPORT),
        ),
    )
    if told is None:
        return detail_page(request, member, status=status_of(form), export_form=form)
    answer = HttpResponse(json.dumps(told, ensure_ascii=False, indent=2), content_type="application/json")
    answer["Content-Disposition"] = f'attachment; filename="{member.code}.json"'
    return answer


@require_POST
@staff_only(Act.MEMBER_MERGE)
def erase(request: DeskRequest, code: str) -> HttpResponseBase:
    """Delete what is known of a member at her request (PIPL 47).

    Raises:
        MemberNotFound
    """
    member = services.get_member(code)
    form = forms.ReasonForm(request.POST, auto_id="erase_%s")
    erased: Member | None = _with_reason(
        form,
        lambda reason: services.erase_member(
            actor=request.desk.actor,
            code=member.code,
            reason=reason,
            store_id=working_store(request, Act.MEMBER_MERGE),
        ),
    )
    if erased is None:
        return detail_page(request, member, status=status_of(form), erase_form=form)
    messages.success(request, _("个人信息已删除，账目保留但不再记名。"))
    return redirect("desk:member_detail", code=member.code)


def _with_reason(form: forms.ReasonForm, act: Callable[[str], Any]) -> Any:
    if not form.is_valid():
        return None
    return attempt(form, lambda: act(form.cleaned_data["reason"]), fields={"invalid_reason": "reason"})


@require_http_methods(["GET", "HEAD", "POST"])
@staff_only(Act.MEMBER_CREATE)
def tag_list(request: DeskRequest) -> HttpResponseBase:
    """The chain's tags, and a form for the next."""
    form: django_forms.Form = forms.TagForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        tag = attempt(
            form,
            lambda: services.define_tag(
                actor=request.desk.actor, name=given["name"], colour=TagColour(given["colour"])
            ),
            fields={"invalid_tag": "name", "tag_taken": "name"},
        )
        if tag is not None:
            messages.success(request, _("已新增标签“%(name)s”。") % {"name": tag.name})
            return redirect("desk:tag_list")
    rows = [tag_row(tag) | {"use_count": getattr(tag, "use_count", 0)} for tag in queries.tags(with_retired=True)]
    context = {"form": form, "tags": rows, "nav": "members"}
    return render(request, "desk/members/tags.html", context, status=status_of(form))


@require_POST
@staff_only(Act.MEMBER_CREATE)
def tag_retire(request: DeskRequest, tag_id: int) -> HttpResponseBase:
    """Retire a tag, or take it back into use.

    Raises:
        NotAllowed, TagNotFound
    """
    tag = next((tag for tag in queries.tags(with_retired=True) if tag.pk == tag_id), None)
    if tag is None:
        raise services.TagNotFound
    services.edit_tag(
        actor=request.desk.actor,
        tag_id=tag_id,
        name=tag.name,
        colour=TagColour(tag.colour),
        retired=not tag.retired,
    )
    return redirect("desk:tag_list")
