"""Records that may be one person's: found, compared side by side, merged."""

from typing import Any

from django.contrib import messages
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from membership.cards.queries import cards_of_member
from membership.members import queries, services
from membership.members.models import Member
from membership.vehicles.queries import alike_by_vehicle, vehicles_of_member
from portal.attempts import attempt, status_of
from portal.desk import member_forms as forms
from portal.desk.access import DeskRequest, staff_only
from portal.desk.member_rows import document_row, full_member, listed_member, vehicle_row
from portal.desk.member_views import working_store
from portal.holdings import member_sums, package_rows
from portal.rows import Row, card_row
from tenants.people.domain import Act

_MOST = 50
_REASONS = {
    "document": gettext_lazy("同一证件"),
    "phone": gettext_lazy("同名同手机号"),
    "vehicle": gettext_lazy("同一车牌"),
}


@require_safe
@staff_only(Act.MEMBER_MERGE)
def duplicates(request: DeskRequest) -> HttpResponseBase:
    """Members who may be one person, by what they share. A fixed number of queries."""
    found = queries.joined(
        [
            *queries.alike_by_document(limit=_MOST),
            *queries.alike_by_phone(limit=_MOST),
            *alike_by_vehicle(limit=_MOST),
        ]
    )
    ids = {member_id for member_ids, _reasons in found for member_id in member_ids}
    listed = queries.with_tags(queries.present_members().filter(pk__in=ids))
    members = {member.pk: listed_member(member) for member in queries.page_of_members(listed, size=len(ids) or 1)}
    groups = [_group(member_ids, reasons, members) for member_ids, reasons in found]
    pair = forms.MergePairForm(request.GET if "first" in request.GET else None)
    if pair.is_bound and pair.is_valid():
        return redirect(f"{_merge_url()}?{urlencode(pair.cleaned_data)}")
    context = {"groups": [group for group in groups if len(group["members"]) > 1], "pair_form": pair}
    return render(request, "desk/members/duplicates.html", context | {"nav": "duplicates"})


@require_http_methods(["GET", "HEAD", "POST"])
@staff_only(Act.MEMBER_MERGE)
def merge(request: DeskRequest) -> HttpResponseBase:
    """Two records side by side; sending says which survives and why.

    Raises:
        MemberNotFound
    """
    pair = [services.get_member(request.GET.get(name, "")) for name in ("first", "second")]
    if pair[0].pk == pair[1].pk:
        messages.error(request, _("这两个编号是同一位会员，请选择两位不同的会员。"))
        return redirect("desk:duplicates")
    codes = [member.code for member in pair]
    form = forms.MergeForm(request.POST or None, members=pair)
    if request.method == "POST" and form.is_valid():
        target = form.cleaned_data["survivor"]
        source = codes[1] if target == codes[0] else codes[0]
        merged = attempt(
            form,
            lambda: services.merge_members(
                actor=request.desk.actor,
                source_code=source,
                target_code=target,
                reason=form.cleaned_data["reason"],
                store_id=working_store(request, Act.MEMBER_MERGE),
            ),
            fields={"invalid_reason": "reason"},
        )
        if merged is not None:
            said = _("%(source)s 已并入 %(target)s，原编号今后仍可查到。")
            messages.success(request, said % {"source": source, "target": target})
            return redirect("desk:member_detail", code=target)
    context = {"sides": [_side(member) for member in pair], "form": form, "nav": "duplicates"}
    return render(request, "desk/members/merge.html", context, status=status_of(form))


def _group(member_ids: tuple[int, ...], reasons: list[str], members: dict[int, Row]) -> dict[str, Any]:
    rows = [members[member_id] for member_id in member_ids if member_id in members]
    return {
        "members": rows,
        "reasons": [_REASONS[reason] for reason in reasons],
        # A pair is compared at once; of more, each with the first.
        "merges": [
            f"{_merge_url()}?{urlencode({'first': rows[0]['code'], 'second': row['code']})}" for row in rows[1:]
        ],
    }


def _merge_url() -> str:
    return reverse("desk:merge")


def _side(member: Member) -> Row:
    cards = cards_of_member(member.pk)
    packages = package_rows(cards)
    return full_member(member) | {
        "tags": [{"name": tag.name, "colour": tag.colour} for tag in queries.tags_of(member)],
        "documents": [document_row(document) for document in queries.documents_of(member)],
        "vehicles": [vehicle_row(vehicle) for vehicle in vehicles_of_member(member.pk)],
        "cards": [card_row(card) | {"packages": packages.get(card.pk, [])} for card in cards],
        "sums": member_sums(member.pk),
        "consent_count": sum(consent.withdrawn_at is None for consent in queries.consents_of(member)),
    }
