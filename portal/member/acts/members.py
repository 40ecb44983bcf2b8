"""Whose session it is."""

from membership.members.models import Member
from portal.member.access import MemberRequest


def member_of(request: MemberRequest) -> Member:
    """The holder of the card that the session is in by."""
    member = request.card.member
    assert member is not None  # noqa: S101  (whoever logs in holds an issued card)
    return member
