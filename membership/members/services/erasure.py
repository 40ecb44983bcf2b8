"""A person's rights: a copy of what is known of her, and its deletion (PIPL 45, 47).

Deletion waits while value is left on her cards: it is hers, and could not be paid out to nobody. Where the law wants
the identity of a buyer of prepaid cards kept, it stays encrypted, beyond any search, until its time is over.
"""

import json
from typing import Any

from django.utils.translation import gettext_lazy as _

from kernel import clock
from kernel.crypto import decrypt, encrypt
from kernel.errors import DomainError
from membership.members import locks, rights
from membership.members.domain import national
from membership.members.errors import MemberNotFound
from membership.members.models import RETAINED_IDENTITY, Consent, IdDocument, Member, MemberTag
from membership.members.services.filing import get_member
from membership.members.services.reasons import checked_reason
from tenants.audit.services import record
from tenants.people.domain import Act, Actor, require

ERASED_NAME = "（已删除）"


class ErasureBlocked(DomainError):
    """Something of hers is left that must be settled first."""

    code = "erasure_blocked"
    status = 409
    message = _("会员 {member_code} 还不能删除个人信息：{obstacles}")


class AlreadyErased(DomainError):
    """It was deleted before."""

    code = "already_erased"
    status = 409
    message = _("会员 {member_code} 的个人信息此前已经删除。")


def export_of(*, actor: Actor, code: str, reason: str, store_id: int) -> dict[str, Any]:
    """Everything that is known of a member, as JSON, for herself: ID numbers in full. In the trail with its reason.

    Raises:
        NotAllowed, MemberNotFound, InvalidReason
    """
    require(actor, Act.DATA_EXPORT, store_id=store_id)
    require(actor, Act.MEMBER_REVEAL, store_id=store_id)
    reason = checked_reason(reason)
    member = get_member(code)
    told = {"member": _facts(member), **_own(member), **rights.told_of(member)}
    record(
        actor,
        "member.export",
        object_type="member",
        object_id=member.code,
        store_id=store_id,
        detail={"reason": reason},
    )
    return told


def erase_member(*, actor: Actor, code: str, reason: str, store_id: int) -> Member:
    """Delete what is known of the person at her request; her cards, bills and books stay, nameless.

    Raises:
        NotAllowed, MemberNotFound, MemberMerged, InvalidReason, AlreadyErased, ErasureBlocked
    """
    require(actor, Act.MEMBER_MERGE, store_id=store_id)
    reason = checked_reason(reason)
    code = code.strip().upper()
    ids = list(Member.objects.filter(code=code).values_list("pk", flat=True))
    if not ids:
        raise MemberNotFound(member_code=code)
    # Against every other use: no card is issued to her meanwhile.
    locks.lock_members(ids)
    member = locks.hold_member(ids[0])
    if member.erased_at is not None:
        raise AlreadyErased(member_code=member.code)
    if obstacles := rights.obstacles_of(member):
        raise ErasureBlocked(member_code=member.code, obstacles=_("；").join(obstacles))
    until = rights.retained_until(member)
    if until is not None and until >= clock.today():
        member.retained_until = until
        member.retained_identity = encrypt(json.dumps(_identity(member)), purpose=RETAINED_IDENTITY)
    _blank(member)
    IdDocument.objects.filter(member=member).delete()
    MemberTag.objects.filter(member=member).delete()
    _end_consents(actor, member)
    rights.erase_everywhere(member)
    detail: dict[str, Any] = {"reason": reason}
    if member.retained_until is not None:
        detail["retained_until"] = member.retained_until.isoformat()
    record(actor, "member.erase", object_type="member", object_id=member.code, store_id=store_id, detail=detail)
    return member


def reveal_retained(*, actor: Actor, code: str, reason: str, store_id: int) -> dict[str, Any]:
    """Who an erased member was, for an authority that may ask. In the trail with its reason.

    Raises:
        NotAllowed, InvalidReason
        MemberNotFound: nothing of her is kept.
    """
    require(actor, Act.MEMBER_REVEAL, store_id=store_id)
    reason = checked_reason(reason)
    member = get_member(code)
    if not member.retained_identity:
        raise MemberNotFound(member_code=member.code)
    identity: dict[str, Any] = json.loads(decrypt(member.retained_identity, purpose=RETAINED_IDENTITY))
    detail = {"reason": reason, "retained_until": str(member.retained_until)}
    record(actor, Act.MEMBER_REVEAL, object_type="member", object_id=member.code, store_id=store_id, detail=detail)
    return identity


def forget_retained(*, actor: Actor) -> int:
    """Delete the identities that the law no longer asks for; how many."""
    over = Member.objects.select_for_update(no_key=True).filter(retained_until__lt=clock.today()).order_by("pk")
    codes = [member.code for member in over]
    for code in codes:
        record(actor, "member.forget", object_type="member", object_id=code)
    Member.objects.filter(code__in=codes).update(retained_identity="", retained_until=None)
    return len(codes)


def _facts(member: Member) -> dict[str, Any]:
    lunar = member.lunar_birthday
    return {
        "code": member.code,
        "name": member.name,
        "phone": national(member.phone),
        "landline": member.landline,
        "email": member.email,
        "address": member.address,
        "birthday": member.birthday.isoformat() if member.birthday else None,
        "lunar_birthday": str(lunar) if lunar else None,
        "category": str(member.get_category_display()),
        "created_at": member.created_at.isoformat(),
    }


def _own(member: Member) -> dict[str, Any]:
    return {
        "documents": [
            {
                "kind": document.get_kind_display(),
                "number": document.plain_number(),
                "recorded_at": _iso(document.seen_at),
                "original_seen": document.original_seen,
            }
            for document in IdDocument.objects.filter(member=member).order_by("kind")
        ],
        "consents": [
            {
                "purpose": consent.get_purpose_display(),
                "channel": consent.get_channel_display(),
                "wording": consent.wording.text,
                "given_at": _iso(consent.given_at),
                "given_how": consent.get_given_how_display(),
                "withdrawn_at": _iso(consent.withdrawn_at),
            }
            for consent in Consent.objects.filter(member=member).select_related("wording").order_by("pk")
        ],
        "tags": list(MemberTag.objects.filter(member=member).order_by("pk").values_list("tag__name", flat=True)),
    }


def _identity(member: Member) -> dict[str, Any]:
    documents = IdDocument.objects.filter(member=member).order_by("kind")
    return {
        "name": member.name,
        "phone": member.phone,
        "documents": [{"kind": document.kind, "number": document.plain_number()} for document in documents],
    }


def _blank(member: Member) -> None:
    """Empty her row, and those of records that were merged into hers."""
    for row in (member, *Member.objects.filter(merged_into=member)):
        row.name, row.phone, row.erased_at = ERASED_NAME, "", clock.now()
        row.landline = row.email = row.address = ""
        row.phone_verified_at = row.phone_changed_at = None
        row.birthday = row.lunar_month = row.lunar_day = row.lunar_year = None
        row.lunar_leap = False
        row.save()


def _end_consents(actor: Actor, member: Member) -> None:
    """None is in force any more; that they were given, and when, stays provable."""
    for consent in Consent.objects.filter(member=member, withdrawn_at__isnull=True):
        consent.withdrawn_at, consent.withdrawn_how = clock.now(), consent.given_how
        consent.withdrawn_to = actor.name or str(actor)
        consent.save(update_fields=["withdrawn_at", "withdrawn_how", "withdrawn_to"])


def _iso(moment: Any) -> str | None:
    return moment.isoformat() if moment else None
