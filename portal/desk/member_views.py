"""Members at the desk."""

from typing import Any

from django.contrib import messages
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from membership.cards.queries import cards_of_member
from membership.members import services
from membership.members.domain import national
from membership.members.models import Member
from membership.members.queries import page_of_members, search_members
from membership.records.queries import page_of_records, records_of_cards
from portal.attempts import attempt, status_of
from portal.desk.access import DeskRequest, staff_only
from portal.desk.forms import MemberFilterForm, MemberForm
from portal.rows import card_row, member_row, record_row
from tenants.people.domain import Act, NotAllowed

_A_PAGE = 50
_RECENT = 10
_CHOICES = 6
_LONGEST_ID = 19
_FIELDS = {"invalid_name": "name", "invalid_phone": "phone", "invalid_birthday": "birthday"}


@require_safe
@staff_only(Act.MEMBER_VIEW)
def member_list(request: DeskRequest) -> HttpResponseBase:
    """All members, the newest first; further pages are fetched as rows."""
    form = MemberFilterForm(request.GET)
    text = form.cleaned_data["q"] if form.is_valid() else ""
    found = search_members(text)
    before = request.GET.get("before", "")
    before_id = int(before) if before.isdecimal() and len(before) < _LONGEST_ID else None
    page = page_of_members(found, size=_A_PAGE + 1, before_id=before_id)
    context: dict[str, Any] = {"members": [member_row(member) for member in page[:_A_PAGE]]}
    if len(page) > _A_PAGE:
        kept = {"q": text} if text else {}
        context["next_page_url"] = f"?{urlencode({**kept, 'before': page[_A_PAGE - 1].pk})}"
    if request.htmx:  # type: ignore[attr-defined]
        return render(request, "desk/_member_rows.html", context)
    context |= {"filter_form": form, "total": found.count(), "nav": "members"}
    return render(request, "desk/member_list.html", context)


@require_safe
@staff_only(Act.MEMBER_VIEW, Act.CARD_ISSUE)
def member_search(request: DeskRequest) -> HttpResponseBase:
    """Members to choose from while a card is issued."""
    text = request.GET.get("q", "").strip().replace("\0", "")
    members = page_of_members(search_members(text), size=_CHOICES) if text else []
    context = {"members": [member_row(member) for member in members], "q": text}
    return render(request, "desk/_member_options.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_only(Act.MEMBER_CREATE)
def member_new(request: DeskRequest) -> HttpResponseBase:
    """File a member."""
    form = MemberForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        member = attempt(
            form,
            lambda: services.create_member(actor=request.desk.actor, store_id=_store_id(request), **form.cleaned_data),
            fields=_FIELDS,
        )
        if member is not None:
            filed = _("已建档：%(name)s，编号 %(code)s。")
            messages.success(request, filed % {"name": member.name, "code": member.code})
            return redirect("desk:member_detail", code=member.code)
    return render(request, "desk/member_form.html", {"form": form, "nav": "members"}, status=status_of(form))


@require_http_methods(["GET", "HEAD", "POST"])
@staff_only(Act.MEMBER_CREATE)
def member_edit(request: DeskRequest, code: str) -> HttpResponseBase:
    """Correct what is known of a member.

    Raises:
        MemberNotFound
    """
    member = services.get_member(code)
    initial = {"name": member.name, "phone": national(member.phone), "birthday": member.birthday}
    form = MemberForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        edited = attempt(
            form,
            lambda: services.edit_member(
                actor=request.desk.actor, code=code, store_id=_store_id(request), **form.cleaned_data
            ),
            fields=_FIELDS,
        )
        if edited is not None:
            messages.success(request, _("已保存。"))
            return redirect("desk:member_detail", code=edited.code)
    context = {"form": form, "member": {"code": member.code, "name": member.name}, "nav": "members"}
    return render(request, "desk/member_form.html", context, status=status_of(form))


@require_safe
@staff_only(Act.MEMBER_VIEW)
def member_detail(request: DeskRequest, code: str) -> HttpResponseBase:
    """A member, her cards and what happened to them last.

    Raises:
        MemberNotFound
    """
    member = services.get_member(code)
    cards = cards_of_member(member.pk)
    records = page_of_records(records_of_cards(card.pk for card in cards), size=_RECENT)
    context = {
        "member": member_row(member) | {"store_name": _store_name(member)},
        "cards": [card_row(card) for card in cards],
        "records": [record_row(record) for record in records],
        "nav": "members",
    }
    return render(request, "desk/member_detail.html", context)


def _store_name(member: Member) -> str:
    return member.store.name


def _store_id(request: DeskRequest) -> int:
    if request.desk.store is None:
        raise NotAllowed(act=Act.MEMBER_CREATE.label)
    return request.desk.store.pk
