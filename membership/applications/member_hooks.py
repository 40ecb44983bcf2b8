"""What happens to applications when members are merged, told or forgotten. Registered when Django starts."""

from typing import Any

from membership.applications.domain import ENDED
from membership.applications.models import Application
from membership.applications.services.forgetting import forget
from membership.members import merging, rights
from membership.members.models import Member


@merging.register
def move_applications(merge: merging.Merge) -> dict[str, Any]:
    """The applications that made her a card are the other's from now on."""
    hers = Application.objects.select_for_update(no_key=True).filter(member=merge.source).order_by("pk")
    numbers = [application.number for application in hers]
    Application.objects.filter(member=merge.source).update(member=merge.target)
    return {"applications": numbers} if numbers else {}


@rights.tells
def told_applications(member: Member) -> dict[str, Any]:
    """What she applied for, and how that ended."""
    found = Application.objects.filter(member=member).select_related("type", "level").order_by("pk")
    return {
        "applications": [
            {
                "number": application.number,
                "card": f"{application.type.name} {application.level.name}",
                "state": str(application.get_state_display()),
                "submitted_at": application.submitted_at.isoformat() if application.submitted_at else None,
                "terms": application.terms_id,
                "agreed_at": application.agreed_at.isoformat(),
                "forgotten_at": application.forgotten_at.isoformat() if application.forgotten_at else None,
            }
            for application in found
        ]
    }


@rights.erases
def erase_applications(member: Member) -> None:
    """What her applications say of her goes at once; a card that still lies at the desk keeps her from being erased."""
    hers = Application.objects.filter(member=member, forgotten_at__isnull=True, state__in=ENDED)
    forget(list(hers))
