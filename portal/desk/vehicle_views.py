"""Vehicles at the desk: the list, one vehicle's page, filing."""

from typing import Any

from django.contrib import messages
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from membership.members.models import Member
from membership.members.services import get_member
from membership.vehicles import queries, services
from membership.vehicles.models import Vehicle
from portal.attempts import attempt, status_of
from portal.desk import member_forms as forms
from portal.desk.access import DeskRequest, staff_only
from portal.desk.member_rows import vehicle_row
from portal.desk.member_views import working_store
from portal.desk.paging import place_asked
from tenants.people.domain import Act
from tenants.stores.queries import open_stores

_A_PAGE = 50
_FIELDS = {
    "invalid_vin": "vin",
    "vin_taken": "vin",
    "invalid_plate": "plate",
    "invalid_registration_date": "registered_on",
    "member_not_found": "owner_code",
}


@require_safe
@staff_only(Act.MEMBER_VIEW)
def vehicle_list(request: DeskRequest) -> HttpResponseBase:
    """All vehicles, the newest first; further pages are fetched as rows."""
    form = forms.VehicleFilterForm(request.GET)
    text = form.cleaned_data["q"] if form.is_valid() else ""
    found = queries.search_vehicles(text)
    before_id = place_asked(request)
    page = queries.page_of_vehicles(found, size=_A_PAGE + 1, before_id=before_id)
    context: dict[str, Any] = {"vehicles": [vehicle_row(vehicle) for vehicle in page[:_A_PAGE]]}
    if len(page) > _A_PAGE:
        kept = {"q": text} if text else {}
        context["next_page_url"] = f"?{urlencode({**kept, 'before': page[_A_PAGE - 1].pk})}"
    if request.htmx:  # type: ignore[attr-defined]
        return render(request, "desk/vehicles/_rows.html", context)
    context |= {"filter_form": form, "total": found.count(), "nav": "vehicles"}
    return render(request, "desk/vehicles/list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_only(Act.MEMBER_CREATE)
def vehicle_new(request: DeskRequest, code: str) -> HttpResponseBase:
    """File a member's vehicle.

    Raises:
        MemberNotFound, NotAllowed
    """
    owner, here = get_member(code), working_store(request, Act.MEMBER_CREATE)
    form = forms.VehicleForm(request.POST or None, stores=open_stores(), initial={"repair_centres": [str(here)]})
    if request.method == "POST" and form.is_valid():
        filed = attempt(
            form,
            lambda: services.file_vehicle(
                actor=request.desk.actor,
                owner=owner,
                details=form.details(),
                store_id=here,
                repair_centres=form.store_ids(),
            ),
            fields=_FIELDS,
        )
        if filed is not None:
            messages.success(request, _("车辆已建档：%(vehicle)s。") % {"vehicle": str(filed)})
            return redirect("desk:member_detail", code=owner.code)
    context = {"form": form, "owner": {"code": owner.code, "name": owner.name}, "nav": "vehicles"}
    return render(request, "desk/vehicles/form.html", context, status=status_of(form))


@require_http_methods(["GET", "HEAD", "POST"])
@staff_only(Act.MEMBER_VIEW)
def vehicle_detail(request: DeskRequest, vehicle_id: int) -> HttpResponseBase:
    """A vehicle: what is known of it, its owner and its repair centres; whoever files members corrects it here.

    Raises:
        VehicleNotFound
        NotAllowed: sent by somebody who may only look.
    """
    vehicle = queries.get_vehicle(vehicle_id)
    moving = request.method == "POST" and "owner_code" in request.POST
    stores = open_stores()
    form = forms.VehicleForm(
        request.POST if request.method == "POST" and not moving else None, stores=stores, initial=_initial(vehicle)
    )
    owner_form = forms.OwnerForm(request.POST if moving else None)
    tried: forms.OwnerForm | forms.VehicleForm = owner_form if moving else form
    if tried.is_bound and tried.is_valid():
        done = attempt(tried, lambda: _change(request, vehicle, form, owner_form), fields=_FIELDS)
        if done is not None:
            messages.success(request, _("已保存。"))
            return redirect("desk:vehicle_detail", vehicle_id=vehicle.pk)
    context = {"vehicle": vehicle_row(vehicle), "form": form, "owner_form": owner_form, "nav": "vehicles"}
    return render(request, "desk/vehicles/detail.html", context, status=status_of(tried))


def _change(request: DeskRequest, vehicle: Vehicle, form: forms.VehicleForm, owner_form: forms.OwnerForm) -> Vehicle:
    actor, here = request.desk.actor, working_store(request, Act.MEMBER_CREATE)
    if owner_form.is_bound:
        code = owner_form.cleaned_data["owner_code"].strip()
        owner: Member | None = get_member(code) if code else None
        return services.change_owner(actor=actor, vehicle_id=vehicle.pk, owner=owner, store_id=here)
    services.edit_vehicle(actor=actor, vehicle_id=vehicle.pk, details=form.details(), store_id=here)
    return services.set_repair_centres(actor=actor, vehicle_id=vehicle.pk, store_ids=form.store_ids(), store_id=here)


def _initial(vehicle: Vehicle) -> dict[str, Any]:
    shown = {name: getattr(vehicle, name) for name in ("vin", "plate", "model_name", "registered_on")}
    return shown | {"repair_centres": [str(centre.store_id) for centre in vehicle.repair_centres.all()]}
