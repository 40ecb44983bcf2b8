"""What happens to vehicles when members are merged, told or forgotten. Registered when Django starts."""

from typing import Any

from membership.members import merging, rights
from membership.members.models import Member
from membership.vehicles import locks
from membership.vehicles.models import RepairCentre, Vehicle


@merging.register
def move_vehicles(merge: merging.Merge) -> dict[str, Any]:
    """Her vehicles follow her. One known by its plate only, which the other record has too, is the same vehicle."""
    moved = []
    known = {vehicle.plate: vehicle for vehicle in locks.lock_vehicles_of(merge.target.pk) if vehicle.plate}
    for vehicle in locks.lock_vehicles_of(merge.source.pk):
        twin = known.get(vehicle.plate)
        moved.append(vehicle.plate or vehicle.vin)
        if twin is not None and not (vehicle.vin and twin.vin):
            _absorb(vehicle, into=twin)
        else:
            vehicle.owner = merge.target
            vehicle.save(update_fields=["owner"])
    return {"vehicles": moved}


def _absorb(vehicle: Vehicle, *, into: Vehicle) -> None:
    """One of two records of a vehicle gives what it knows to the other, and stays without owner: cards may name it."""
    vin, vehicle.vin, vehicle.owner = vehicle.vin, "", None
    vehicle.save(update_fields=["vin", "owner"])
    into.vin = into.vin or vin
    into.model_name = into.model_name or vehicle.model_name
    into.registered_on = into.registered_on or vehicle.registered_on
    into.save(update_fields=["vin", "model_name", "registered_on"])
    listed = RepairCentre.objects.filter(vehicle=into).values("store_id")
    RepairCentre.objects.filter(vehicle=vehicle).exclude(store_id__in=listed).update(vehicle=into)


@rights.tells
def told_vehicles(member: Member) -> dict[str, Any]:
    """The vehicles on her record."""
    found = Vehicle.objects.filter(owner=member).order_by("pk").values("plate", "vin", "model_name", "registered_on")
    return {"vehicles": [{name: _plain(value) for name, value in row.items()} for row in found]}


@rights.erases
def let_go(member: Member) -> None:
    """Her vehicles are nobody's from now on."""
    Vehicle.objects.filter(owner=member).update(owner=None)


def _plain(value: Any) -> Any:
    return value.isoformat() if hasattr(value, "isoformat") else value
