"""The row locks of this app: a member before her vehicles, vehicles in the order of their keys."""

from membership.vehicles.errors import VehicleNotFound
from membership.vehicles.models import Vehicle


def lock_vehicle(vehicle_id: int) -> Vehicle:
    """The vehicle, locked.

    Raises:
        VehicleNotFound
    """
    try:
        return Vehicle.objects.select_for_update(no_key=True).get(pk=vehicle_id)
    except Vehicle.DoesNotExist:
        raise VehicleNotFound from None


def lock_vehicles_of(member_id: int) -> list[Vehicle]:
    """A member's vehicles, locked."""
    return list(Vehicle.objects.select_for_update(no_key=True).filter(owner_id=member_id).order_by("pk"))
