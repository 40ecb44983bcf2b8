"""Finding vehicles."""

from collections import defaultdict

from django.db.models import Count, Prefetch, Q, QuerySet

from membership.members.models import Member
from membership.members.queries import Likeness
from membership.vehicles.domain import tidy_plate
from membership.vehicles.errors import VehicleNotFound
from membership.vehicles.models import RepairCentre, Vehicle

_LONGEST_QUERY = 40


def vehicles() -> QuerySet[Vehicle]:
    """Vehicles with their owners and repair centres: two queries for any number."""
    centres = RepairCentre.objects.select_related("store").order_by("store__code")
    return Vehicle.objects.select_related("owner").prefetch_related(Prefetch("repair_centres", queryset=centres))


def search_vehicles(text: str) -> QuerySet[Vehicle]:
    """Vehicles by the beginning of the plate or of the identification number, or by the owner's name or code."""
    text = text.strip()[:_LONGEST_QUERY]
    found = vehicles()
    if not text:
        return found
    tidy = tidy_plate(text)
    by_owner = Q(owner__name__startswith=text) | Q(owner__code=text.upper())
    return found.filter(Q(plate__startswith=tidy) | Q(vin__startswith=tidy) | by_owner)


def page_of_vehicles(found: QuerySet[Vehicle], *, size: int, before_id: int | None = None) -> list[Vehicle]:
    """The newest ``size`` vehicles older than ``before_id``."""
    if before_id is not None:
        found = found.filter(id__lt=before_id)
    return list(found.order_by("-id")[:size])


def vehicles_of_member(member_id: int) -> list[Vehicle]:
    """A member's vehicles, the oldest first."""
    return list(vehicles().filter(owner_id=member_id).order_by("id"))


def get_vehicle(vehicle_id: int) -> Vehicle:
    """One vehicle.

    Raises:
        VehicleNotFound
    """
    try:
        return vehicles().get(pk=vehicle_id)
    except Vehicle.DoesNotExist:
        raise VehicleNotFound from None


def vehicle_of(member: Member | None, typed: str) -> Vehicle | None:
    """The member's vehicle of this plate or identification number, as typed; None where nothing was typed.

    Raises:
        VehicleNotFound: she has no such vehicle.
    """
    tidy = tidy_plate(typed)
    if not tidy:
        return None
    own = vehicles().filter(owner=member) if member is not None else Vehicle.objects.none()
    found = own.filter(Q(plate=tidy) | Q(vin=tidy)).order_by("-id").first()
    if found is None:
        raise VehicleNotFound
    return found


def alike_by_vehicle(*, limit: int) -> list[Likeness]:
    """Members with vehicles of the same plate: often the same vehicle, filed once for each of two records."""
    owned = Vehicle.objects.filter(owner__merged_into__isnull=True, owner__isnull=False).exclude(plate="")
    shared = owned.order_by().values("plate").annotate(owners=Count("owner", distinct=True)).filter(owners__gt=1)
    plates = [row["plate"] for row in shared.order_by("plate")[:limit]]
    groups: dict[str, list[int]] = defaultdict(list)
    for plate, owner_id in owned.filter(plate__in=plates).order_by("owner_id").values_list("plate", "owner_id"):
        if owner_id not in groups[plate]:
            groups[plate].append(owner_id)
    return [Likeness("vehicle", tuple(groups[plate])) for plate in plates]
