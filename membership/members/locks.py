"""Every row lock of this app: members in the order of their keys, before anything that belongs to them."""

from collections.abc import Collection

from membership.members.errors import MemberMerged, MemberNotFound
from membership.members.models import IdCheckCount, Member


def lock_members(ids: Collection[int]) -> list[Member]:
    """The members, locked in the order of their keys against every other use, also against being named by a new row.

    Raises:
        MemberNotFound: one of them is not there.
    """
    members = list(Member.objects.select_for_update().filter(pk__in=ids).order_by("pk"))
    if len(members) != len(set(ids)):
        raise MemberNotFound(member_code="")
    return members


def lock_member(code: str) -> Member:
    """The member with this code, locked for a change of what is known of her.

    Raises:
        MemberNotFound
        MemberMerged: she was merged into another.
    """
    try:
        member = Member.objects.select_for_update(no_key=True).get(code=code)
    except Member.DoesNotExist:
        raise MemberNotFound(member_code=code) from None
    return _present(member)


def hold_member(member_id: int) -> Member:
    """The member as she is now, held until the transaction ends: she is not merged away while a card is issued to her.

    Raises:
        MemberNotFound, MemberMerged
    """
    try:
        member = Member.objects.select_for_update(no_key=True).get(pk=member_id)
    except Member.DoesNotExist:
        raise MemberNotFound(member_code="") from None
    return _present(member)


def lock_id_checks(member_id: int) -> IdCheckCount:
    """The member's count of ID numbers that did not match, locked; made where there is none."""
    IdCheckCount.objects.bulk_create([IdCheckCount(member_id=member_id)], ignore_conflicts=True)
    return IdCheckCount.objects.select_for_update(no_key=True).get(pk=member_id)


def _present(member: Member) -> Member:
    if member.merged_into_id is not None:
        target = Member.objects.only("code").get(pk=member.merged_into_id)
        raise MemberMerged(member_code=member.code, into_code=target.code)
    return member
