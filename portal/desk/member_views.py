"""Members at the desk: the list, filing, a member's page."""

from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from membership.cards.queries import cards_of_member
from membership.members import queries, services
from membership.members.domain import PHONE_SETTLES, DocumentKind, national
from membership.members.models import Member
from membership.members.queries import page_of_members, search_members
from membership.records.queries import page_of_records, records_of_cards
from membership.vehicles.domain import tidy_plate
from membership.vehicles.queries import vehicles_of_member
from portal.attempts import attempt, refusal_of, status_of
from portal.desk import member_forms as forms
from portal.desk.access import DeskRequest, staff_only
from portal.desk.audit_views import stores_of_trail
from portal.desk.audit_words import Names, entry_row
from portal.desk.member_rows import consent_row, document_row, full_member, listed_member, own_vehicle_rows, tag_row
from portal.desk.paging import place_asked
from portal.holdings import member_sums, package_rows
from portal.rows import card_row, member_row, record_row
from tenants.audit.queries import entries
from tenants.people.domain import Act, NotAllowed

_A_PAGE = 50
_RECENT = 10
_CHOICES = 6
_FIELDS = {
    "invalid_name": "name",
    "invalid_phone": "phone",
    "invalid_birthday": "birthday",
    "invalid_landline": "landline",
    "invalid_email": "email",
    "invalid_lunar_date": "lunar_day",
    "invalid_id_number": "document_number",
}


@require_safe
@staff_only(Act.MEMBER_VIEW)
def member_list(request: DeskRequest) -> HttpResponseBase:
    """All members, the newest first; further pages are fetched as rows."""
    form = forms.MemberFilterForm(request.GET, tags=queries.tags())
    wanted = form.cleaned_data if form.is_valid() else {}
    found = _narrowed(wanted)
    before_id = place_asked(request)
    page = page_of_members(queries.with_tags(found), size=_A_PAGE + 1, before_id=before_id)
    context: dict[str, Any] = {"members": [listed_member(member) for member in page[:_A_PAGE]]}
    if len(page) > _A_PAGE:
        kept = {name: value for name, value in wanted.items() if value}
        context["next_page_url"] = f"?{urlencode({**kept, 'before': page[_A_PAGE - 1].pk})}"
    if request.htmx:  # type: ignore[attr-defined]
        return render(request, "desk/members/_rows.html", context)
    context |= {"filter_form": form, "document_form": forms.DocumentSearchForm(), "total": found.count()}
    return render(request, "desk/members/list.html", context | {"exported": wanted, "nav": "members"})


def _narrowed(wanted: dict[str, Any]) -> QuerySet[Member]:
    tag = wanted.get("tag") or ""
    return queries.narrow(
        search_members(wanted.get("q", "")),
        category=wanted.get("category", ""),
        tag_id=int(tag) if tag else None,
        plate=tidy_plate(wanted.get("plate", "")),
        vin=tidy_plate(wanted.get("vin", "")),
    )


@require_POST
@never_cache
@staff_only(Act.MEMBER_VIEW)
def member_by_document(request: DeskRequest) -> HttpResponseBase:
    """Members who showed this ID document. The number comes in the request's body and goes nowhere else."""
    form = forms.DocumentSearchForm(request.POST)
    if not form.is_valid():
        return redirect("desk:member_list")
    found = queries.narrow(queries.present_members(), id_number=form.cleaned_data["id_number"])
    members = page_of_members(queries.with_tags(found), size=_A_PAGE)
    if len(members) == 1:
        return redirect("desk:member_detail", code=members[0].code)
    context = {
        "members": [listed_member(member) for member in members],
        "filter_form": forms.MemberFilterForm(tags=queries.tags()),
        "document_form": forms.DocumentSearchForm(),
        "by_document": True,
        "total": len(members),
        "nav": "members",
    }
    return render(request, "desk/members/list.html", context)


@require_safe
@staff_only(Act.MEMBER_VIEW, Act.CARD_ISSUE)
def member_search(request: DeskRequest) -> HttpResponseBase:
    """Members to choose from while a card is issued; who cannot be chosen says why (R-B06)."""
    text = request.GET.get("q", "").strip().replace("\0", "")
    members = page_of_members(search_members(text), size=_CHOICES) if text else []
    problems = services.registration_problems(members, real_name=False)
    rows = [
        member_row(member) | {"problems": [services.PROBLEMS[problem] for problem in problems[member.pk]]}
        for member in members
    ]
    return render(request, "desk/_member_options.html", {"members": rows, "q": text})


@require_http_methods(["GET", "HEAD", "POST"])
@staff_only(Act.MEMBER_CREATE)
def member_new(request: DeskRequest) -> HttpResponseBase:
    """File a member: name and telephone are enough, the rest folds out."""
    form = forms.MemberForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        member = attempt(form, lambda: _file(request, form), fields=_FIELDS)
        if member is not None:
            filed = _("已建档：%(name)s，编号 %(code)s。")
            messages.success(request, filed % {"name": member.name, "code": member.code})
            return redirect("desk:member_detail", code=member.code)
    context = {"form": form, "folds": form.folds(), "others": _others(request, form), "nav": "members"}
    return render(request, "desk/members/form.html", context, status=status_of(form))


@require_http_methods(["GET", "HEAD", "POST"])
@staff_only(Act.MEMBER_CREATE)
def member_edit(request: DeskRequest, code: str) -> HttpResponseBase:
    """Correct what is known of a member.

    Raises:
        MemberNotFound
    """
    member = services.get_member(code)
    form = forms.MemberForm(request.POST or None, initial=_initial(member))
    form.fields["phone"].help_text = _(
        "改号后 %(days)s 天内不能用新号码重设会员卡密码；会员可以带证件到前台重设。原号码会收到短信通知。"
    ) % {"days": PHONE_SETTLES.days}
    if request.method == "POST" and form.is_valid():
        edited = attempt(form, lambda: _correct(request, member, form), fields=_FIELDS)
        if edited is not None:
            messages.success(request, _("已保存。"))
            return redirect("desk:member_detail", code=edited.code)
    context = {
        "form": form,
        "folds": form.folds(),
        "member": {"code": member.code, "name": member.name},
        "others": _others(request, form, member),
        "nav": "members",
    }
    return render(request, "desk/members/form.html", context, status=status_of(form))


@require_safe
@never_cache
@staff_only(Act.MEMBER_VIEW)
def member_detail(request: DeskRequest, code: str) -> HttpResponseBase:
    """A member: who she is, her cards, vehicles, consents, tags, and what happened last. The code of one who was merged
    leads to the other.

    Raises:
        MemberNotFound
    """
    member = services.get_member(code)
    if member.code != code.strip().upper():
        return redirect("desk:member_detail", code=member.code)
    return detail_page(request, member)


def detail_page(request: DeskRequest, member: Member, *, status: int = 200, **more: Any) -> HttpResponse:
    """A member's page; ``more`` holds forms that were tried and what an act has shown."""
    cards = cards_of_member(member.pk)
    records = page_of_records(records_of_cards(card.pk for card in cards), size=_RECENT)
    consents = [consent_row(consent) for consent in queries.consents_of(member)]
    worn, known = queries.tags_of(member), queries.tags()
    offered = [*known, *(tag for tag in worn if tag.retired)]
    packages, store = package_rows(cards), request.desk.store
    context = {
        "member": full_member(member) | {"tags": [tag_row(tag) for tag in worn]},
        "documents": [document_row(document) for document in queries.documents_of(member)],
        "vehicles": own_vehicle_rows(
            vehicles_of_member(member.pk), member=member, store_id=store.pk if store is not None else None
        ),
        "cards": [card_row(card) | {"packages": packages.get(card.pk, [])} for card in cards],
        "sums": member_sums(member.pk),
        # Every one is hers: the name would only fill the lines.
        "records": [record_row(record) | {"member_name": None} for record in records],
        "trail": _trail(request, member),
        "consents": [row for row in consents if row["withdrawn_at"] is None],
        "past_consents": [row for row in consents if row["withdrawn_at"] is not None],
        "wordings": queries.wordings(),
        "consent_form": forms.ConsentForm(auto_id="consent_%s"),
        "tags_form": forms.TagsForm(initial={"tags": [str(tag.pk) for tag in worn]}, tags=offered) if offered else None,
        "reveal_form": forms.RevealForm(auto_id="reveal_%s"),
        "compare_form": forms.DocumentForm(auto_id="compare_%s"),
        "export_form": forms.ReasonForm(auto_id="export_%s"),
        "erase_form": forms.ReasonForm(auto_id="erase_%s"),
        "retained_form": forms.ReasonForm(auto_id="retained_%s"),
        "nav": "members",
    }
    return render(request, "desk/members/detail.html", context | more, status=status)


def _trail(request: DeskRequest, member: Member) -> list[dict[str, Any]] | None:
    """What was done to her file last, such as who read her ID number; None for whoever may not read the trail."""
    if not request.desk.actor.may_somewhere(Act.AUDIT_VIEW):
        return None
    done = list(entries(about=("member", member.code), stores=stores_of_trail(request))[:_RECENT])
    names = Names.read(done)
    return [entry_row(entry, names) for entry in done]


def working_store(request: DeskRequest, act: Act) -> int:
    """The store somebody works in now.

    Raises:
        NotAllowed: none.
    """
    if request.desk.store is None:
        raise NotAllowed(act=act.label)
    return request.desk.store.pk


def _file(request: DeskRequest, form: forms.MemberForm) -> Member:
    given, store_id = form.cleaned_data, working_store(request, Act.MEMBER_CREATE)
    member = services.create_member(
        actor=request.desk.actor,
        name=given["name"],
        phone=given["phone"],
        birthday=given["birthday"],
        details=form.details(),
        store_id=store_id,
        phone_shared=form.phone_shared,
    )
    _file_document(request, member, form, store_id)
    return member


def _correct(request: DeskRequest, member: Member, form: forms.MemberForm) -> Member:
    given, store_id = form.cleaned_data, working_store(request, Act.MEMBER_CREATE)
    edited = services.edit_details(
        actor=request.desk.actor,
        code=member.code,
        name=given["name"],
        phone=given["phone"],
        birthday=given["birthday"],
        details=form.details(of=member),
        store_id=store_id,
        # A card that is filed now is compared when it is; the one before it goes.
        birthday_differs=form.knowingly["birthday_differs"] or _brings_id_card(form),
        phone_shared=form.phone_shared,
    )
    _file_document(request, edited, form, store_id)
    return edited


def _others(request: DeskRequest, form: forms.MemberForm, member: Member | None = None) -> list[dict[str, str]]:
    """What refused the form and may be done knowingly is asked on it; the members who have the document already, with
    where to compare this one to each.
    """
    refused = refusal_of(form)
    if refused is None:
        return []
    form.ask(refused.code)
    may_merge = member is not None and request.desk.actor.may_somewhere(Act.MEMBER_MERGE)
    return [
        {
            "code": code,
            "merge_url": f"{reverse('desk:merge')}?{urlencode({'first': code, 'second': member.code})}"
            if may_merge and member is not None
            else "",
        }
        for code in refused.params.get("other_codes", [])
    ]


def _file_document(request: DeskRequest, member: Member, form: forms.MemberForm, store_id: int) -> None:
    number = form.cleaned_data["document_number"]
    if number:
        kind = DocumentKind(form.cleaned_data["document_kind"])
        services.record_document(
            actor=request.desk.actor,
            code=member.code,
            kind=kind,
            number=number,
            store_id=store_id,
            **form.knowingly,
        )


def _brings_id_card(form: forms.MemberForm) -> bool:
    given = form.cleaned_data
    return bool(given["document_number"]) and given["document_kind"] == DocumentKind.ID_CARD


def _initial(member: Member) -> dict[str, Any]:
    names = ("name", "category", "birthday", "lunar_month", "lunar_day", "lunar_leap", "landline", "email", "address")
    return {name: getattr(member, name) for name in names} | {"phone": national(member.phone)}
