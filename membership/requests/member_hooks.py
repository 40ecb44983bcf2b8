"""What a member is told of her requests, and what is forgotten with her. Registered when Django starts."""

from typing import Any

from membership.members import rights
from membership.members.models import Member
from membership.requests.models import MemberRequest


@rights.tells
def told_requests(member: Member) -> dict[str, Any]:
    """What she asked for, and what became of it."""
    found = MemberRequest.objects.select_related("card").filter(card__member=member).order_by("pk")
    return {
        "requests": [
            {
                "card": each.card.number,
                "kind": str(each.get_kind_display()),
                "said": each.said,
                "asked_at": each.asked_at.isoformat(),
                "state": str(each.get_state_display()),
                "answer": each.answer,
            }
            for each in found
        ]
    }


@rights.erases
def forget_requests(member: Member) -> None:
    """What she wrote goes with her; that there was a request is in the trail."""
    MemberRequest.objects.filter(card__member=member).delete()
