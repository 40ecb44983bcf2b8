"""Acts on vehicles. Each requires a transaction of the chain."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Final

from django.db import IntegrityError, transaction
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from kernel import clock
from membership.members.locks import hold_member
from membership.members.models import Member
from membership.vehicles import locks
from membership.vehicles.domain import normalise_plate, normalise_vin, spoken_plate
from membership.vehicles.errors import (
    InvalidRegistrationDate,
    VehicleNotReady,
    VehicleUnnamed,
    VinTaken,
)
from membership.vehicles.models import RepairCentre, Vehicle
from tenants.audit.services import record
from tenants.people.domain import Act, Actor, require
from tenants.stores.models import Store
from tenants.stores.services import StoreNotFound

_LONGEST_MODEL: Final = 60

PROBLEMS: Final[Mapping[str, str | Promise]] = MappingProxyType(
    {
        "owner": _("车主不是该会员"),
        "vin": _("没有车架号"),
        "repair_centre": _("维修中心没有列出办理入会的门店"),
    }
)
"""What may be missing for enrolment, by the code that ``enrolment_problems`` gives."""


@dataclass(frozen=True, slots=True)
class VehicleDetails:
    """What is known of a vehicle, as typed."""

    vin: str = ""
    plate: str = ""
    model_name: str = ""
    registered_on: date | None = None


def file_vehicle(
    *,
    actor: Actor,
    owner: Member,
    details: VehicleDetails,
    store_id: int,
    repair_centres: Iterable[int] | None = None,
) -> Vehicle:
    """File a member's vehicle (R-B04). Its repair centres are the named stores, by default the one where it is filed.

    Raises:
        NotAllowed, MemberMerged, VehicleUnnamed, InvalidVin, InvalidPlate, InvalidRegistrationDate, VinTaken
        StoreNotFound
    """
    require(actor, Act.MEMBER_CREATE, store_id=store_id)
    owner = hold_member(owner.pk)
    vehicle = Vehicle(owner=owner, created_at=clock.now())
    _apply(vehicle, details)
    _save(vehicle)
    _list_centres(vehicle, [store_id] if repair_centres is None else repair_centres)
    detail = {"member": owner.code}
    record(actor, "vehicle.create", object_type="vehicle", object_id=vehicle.pk, store_id=store_id, detail=detail)
    return vehicle


def edit_vehicle(*, actor: Actor, vehicle_id: int, details: VehicleDetails, store_id: int) -> Vehicle:
    """Correct what is known of a vehicle.

    Raises:
        NotAllowed, VehicleNotFound, VehicleUnnamed, InvalidVin, InvalidPlate, InvalidRegistrationDate, VinTaken
    """
    require(actor, Act.MEMBER_CREATE, store_id=store_id)
    vehicle = locks.lock_vehicle(vehicle_id)
    before = _shown(vehicle)
    _apply(vehicle, details)
    changed = [name for name, value in _shown(vehicle).items() if before[name] != value]
    if changed:
        _save(vehicle)
        detail = {"changed": changed}
        record(actor, "vehicle.edit", object_type="vehicle", object_id=vehicle.pk, store_id=store_id, detail=detail)
    return vehicle


def change_owner(*, actor: Actor, vehicle_id: int, owner: Member | None, store_id: int) -> Vehicle:
    """Give the vehicle to another member, or, sold to a stranger, to none.

    Raises:
        NotAllowed, VehicleNotFound, MemberMerged
    """
    require(actor, Act.MEMBER_CREATE, store_id=store_id)
    if owner is not None:
        owner = hold_member(owner.pk)
    vehicle = locks.lock_vehicle(vehicle_id)
    if vehicle.owner_id != (owner.pk if owner else None):
        before = vehicle.owner.code if vehicle.owner else ""
        vehicle.owner = owner
        vehicle.save(update_fields=["owner"])
        detail = {"from_member": before, "member": owner.code if owner else ""}
        record(actor, "vehicle.owner", object_type="vehicle", object_id=vehicle.pk, store_id=store_id, detail=detail)
    return vehicle


def set_repair_centres(*, actor: Actor, vehicle_id: int, store_ids: Iterable[int], store_id: int) -> Vehicle:
    """Let exactly these stores look after the vehicle (R-B03).

    Raises:
        NotAllowed, VehicleNotFound, StoreNotFound
    """
    require(actor, Act.MEMBER_CREATE, store_id=store_id)
    vehicle = locks.lock_vehicle(vehicle_id)
    wanted = set(store_ids)
    listed = set(RepairCentre.objects.filter(vehicle=vehicle).values_list("store_id", flat=True))
    if wanted == listed:
        return vehicle
    RepairCentre.objects.filter(vehicle=vehicle, store_id__in=listed - wanted).delete()
    _list_centres(vehicle, wanted - listed)
    names = sorted(Store.objects.filter(pk__in=wanted).values_list("name", flat=True))
    detail = {"repair_centres": names}
    record(actor, "vehicle.centres", object_type="vehicle", object_id=vehicle.pk, store_id=store_id, detail=detail)
    return vehicle


def enrolment_problems(vehicle: Vehicle, *, member: Member, store_id: int) -> list[str]:
    """The codes of what keeps the vehicle from being chosen in enrolment at this store; empty if nothing does (R-B06).

    Uses prefetched ``repair_centres`` where there are some.
    """
    centres = {centre.store_id for centre in vehicle.repair_centres.all()}
    found = (
        ("owner", vehicle.owner_id != member.pk),
        ("vin", not vehicle.vin),
        ("repair_centre", store_id not in centres),
    )
    return [code for code, missing in found if missing]


def check_enrolment(vehicle: Vehicle, *, member: Member, store_id: int) -> None:
    """Pass if a card may be bound to the vehicle at this store (R-B03, R-B04, R-B06).

    Raises:
        VehicleNotReady
    """
    problems = enrolment_problems(vehicle, member=member, store_id=store_id)
    if problems:
        labels = [PROBLEMS[problem] for problem in problems]
        raise VehicleNotReady(vehicle=spoken_plate(vehicle.plate) or vehicle.vin, problem_labels=labels)


def _apply(vehicle: Vehicle, details: VehicleDetails) -> None:
    vehicle.vin = normalise_vin(details.vin) if details.vin.strip() else ""
    vehicle.plate = normalise_plate(details.plate) if details.plate.strip() else ""
    if not vehicle.vin and not vehicle.plate:
        raise VehicleUnnamed
    if details.registered_on is not None and details.registered_on > clock.today():
        raise InvalidRegistrationDate
    vehicle.model_name = " ".join(details.model_name.split())[:_LONGEST_MODEL]
    vehicle.registered_on = details.registered_on


def _save(vehicle: Vehicle) -> None:
    taken = Vehicle.objects.filter(vin=vehicle.vin).exclude(pk=vehicle.pk)
    if vehicle.vin and taken.exists():
        raise VinTaken(vin=vehicle.vin)
    try:
        with transaction.atomic():
            vehicle.save()
    except IntegrityError:
        # Somebody filed it since we looked.
        if vehicle.vin and taken.exists():
            raise VinTaken(vin=vehicle.vin) from None
        raise


def _shown(vehicle: Vehicle) -> dict[str, object]:
    return {name: getattr(vehicle, name) for name in ("vin", "plate", "model_name", "registered_on")}


def _list_centres(vehicle: Vehicle, store_ids: Iterable[int]) -> None:
    wanted = set(store_ids)
    if Store.objects.filter(pk__in=wanted).count() != len(wanted):
        raise StoreNotFound
    now = clock.now()
    RepairCentre.objects.bulk_create(
        RepairCentre(vehicle=vehicle, store_id=store_id, added_at=now) for store_id in sorted(wanted)
    )
