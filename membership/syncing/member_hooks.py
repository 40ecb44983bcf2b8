"""What happens to external numbers when members are merged, told or forgotten. Registered when Django starts."""

from typing import Any

from kernel.crypto import blind_index
from membership.members import merging, rights
from membership.members.models import Member
from membership.syncing.models import EXTERNAL_NUMBER, ExternalNumber


@merging.register
def move_numbers(merge: merging.Merge) -> dict[str, Any]:
    """The software's number for the one leads to the other."""
    moved = ExternalNumber.objects.filter(member=merge.source).update(member=merge.target)
    return {"external_numbers": moved} if moved else {}


@rights.tells
def told_numbers(member: Member) -> dict[str, Any]:
    """What she is called in the chain's own software."""
    found = ExternalNumber.objects.filter(member=member).order_by("pk")
    return {"external_numbers": list(found.values_list("number", flat=True))}


@rights.erases
def forget_numbers(member: Member) -> None:
    """The number may be her telephone: what stays in its place only tells that it is the same when it comes again."""
    for link in ExternalNumber.objects.filter(member=member):
        link.number = blind_index(link.number, purpose=EXTERNAL_NUMBER)
        link.save(update_fields=["number"])
