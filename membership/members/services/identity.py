"""ID documents: recorded, compared, and, for those who may, read (R-H01 – R-H03, R-L08, R-M08).

A desk compares a number without reading one: the clerk types what the document says and learns whether it is the
member's. Numbers never stand in the trail.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from django.utils.translation import gettext_lazy as _

from kernel import clock
from kernel.crypto import blind_index, blind_indexes, encrypt
from kernel.errors import DomainError
from membership.members import locks
from membership.members.domain import DocumentKind, birth_date_of, masked_name, masked_number, normalise_id_number
from membership.members.domain.identity import InvalidIdNumber
from membership.members.errors import BirthdayContradicts, IdAlreadyFiled, IdSharingForbidden, MemberErased
from membership.members.models import ID_NUMBER, IdDocument, Member
from membership.members.services.filing import MOST_NAMED, get_member
from membership.members.services.reasons import checked_reason
from membership.members.sharing import is_forbidden
from tenants.audit.services import record
from tenants.people.domain import Act, Actor, require


class DocumentNotFound(DomainError):
    """The member has no such document on record."""

    code = "id_document_not_found"
    status = 404
    message = _("会员 {member_code} 没有登记这种证件。")


class IdCheckOutcome(StrEnum):
    """What comparing a number showed."""

    MATCH = "MATCH"
    NO_MATCH = "NO_MATCH"
    NO_DOCUMENT = "NO_DOCUMENT"
    """Nothing is on record to compare with."""
    PAUSED = "PAUSED"
    """Too many numbers did not match: nothing was compared."""


@dataclass(frozen=True, slots=True)
class IdCheck:
    """The result of comparing a number, and until when further tries pause if they do."""

    outcome: IdCheckOutcome
    paused_until: datetime | None = None

    def __bool__(self) -> bool:
        return self.outcome is IdCheckOutcome.MATCH


_FREE_FAILURES: Final = 3
_LONGEST_PAUSE: Final = timedelta(hours=1)


def record_document(
    *,
    actor: Actor,
    code: str,
    kind: DocumentKind,
    number: str,
    store_id: int,
    shared: bool = False,
    birthday_differs: bool = False,
    original_seen: bool = True,
) -> IdDocument:
    """File the document that the member shows, in place of one of the same kind. Her birthday is taken from it where
    none is known.

    ``shared``: the clerk knows that another member's file has this document, and goes on. ``birthday_differs``: she
    knows that the birthday on record is another than the document's. Both stand in the trail. ``original_seen``: not so
    where the number came by itself, from somebody who has not shown the document yet.

    Raises:
        NotAllowed, MemberNotFound, MemberMerged, MemberErased, InvalidIdNumber
        IdAlreadyFiled, BirthdayContradicts: not unless she says so.
        IdSharingForbidden: not in this chain.
    """
    require(actor, Act.MEMBER_CREATE, store_id=store_id)
    number = normalise_id_number(number, kind, today=clock.today())
    member = locks.lock_member(code.strip().upper())
    if member.erased_at is not None:
        raise MemberErased(member_code=member.code)
    others = _others_with(number, kind, member)
    if others:
        _check_sharing(others, shared=shared)
    born = birth_date_of(number, kind)
    differs = born is not None and member.birthday not in (None, born)
    if differs and not birthday_differs:
        raise BirthdayContradicts
    document, replaced = IdDocument.objects.update_or_create(
        member=member,
        kind=kind,
        defaults={
            "number": encrypt(number, purpose=ID_NUMBER),
            "number_index": blind_index(number, purpose=ID_NUMBER),
            "masked": masked_number(number),
            "seen_at": clock.now(),
            "seen_by": actor.name or str(actor),
            "original_seen": original_seen,
        },
    )
    if member.birthday is None and born is not None:
        member.birthday = born
        member.save(update_fields=["birthday"])
    detail: dict[str, Any] = {"document": kind.value, "replaced": not replaced}
    detail |= {"shared_with": [other.code for other in others]} if others else {}
    detail |= {"birthday_differs": True} if differs else {}
    record(actor, "member.document", object_type="member", object_id=member.code, store_id=store_id, detail=detail)
    return document


def _others_with(number: str, kind: DocumentKind, member: Member) -> list[Member]:
    """The other members whose files have this document, the oldest first. Found by blind index."""
    indexes = blind_indexes(number, purpose=ID_NUMBER)
    holders = IdDocument.objects.filter(kind=kind, number_index__in=indexes).exclude(member=member)
    found = Member.objects.filter(pk__in=holders.values("member_id"), merged_into__isnull=True)
    return list(found.order_by("pk")[:MOST_NAMED])


def _check_sharing(others: Sequence[Member], *, shared: bool) -> None:
    first = others[0]
    told = {
        "other_label": f"{first.code} {masked_name(first.name)}",
        "other_codes": [other.code for other in others],
    }
    if is_forbidden():
        raise IdSharingForbidden(**told)
    if not shared:
        raise IdAlreadyFiled(**told)


def remove_document(*, actor: Actor, code: str, kind: DocumentKind, store_id: int) -> None:
    """Take a document that was filed by mistake off the record.

    Raises:
        NotAllowed, MemberNotFound, MemberMerged, DocumentNotFound
    """
    require(actor, Act.MEMBER_CREATE, store_id=store_id)
    member = locks.lock_member(code.strip().upper())
    removed, _by_model = IdDocument.objects.filter(member=member, kind=kind).delete()
    if not removed:
        raise DocumentNotFound(member_code=member.code)
    detail = {"document": kind.value}
    record(
        actor, "member.document_removed", object_type="member", object_id=member.code, store_id=store_id, detail=detail
    )


def reveal_number(*, actor: Actor, code: str, kind: DocumentKind, reason: str, store_id: int) -> str:
    """The whole number of a document. Every reading is in the trail, with its reason (R-M08).

    Raises:
        NotAllowed, MemberNotFound, DocumentNotFound, InvalidReason
        Undecryptable: its key is not in the settings; nothing is noted.
    """
    require(actor, Act.MEMBER_REVEAL, store_id=store_id)
    reason = checked_reason(reason)
    member = get_member(code)
    document = IdDocument.objects.filter(member=member, kind=kind).first()
    if document is None:
        raise DocumentNotFound(member_code=member.code)
    number = document.plain_number()
    detail = {"document": kind.value, "reason": reason}
    record(actor, Act.MEMBER_REVEAL, object_type="member", object_id=member.code, store_id=store_id, detail=detail)
    return number


def verify_identity(*, actor: Actor, member: Member, kind: DocumentKind, number: str, store_id: int) -> IdCheck:
    """Whether the number that the clerk reads on the document is the member's (R-L08: PIN unlocking, loss reports).

    Returns rather than raises: that a number did not match is counted and stays so. After three in a row further tries
    pause, longer each time, up to an hour: else a number could be found by trying.

    Raises:
        NotAllowed
    """
    require(actor, Act.MEMBER_VIEW, store_id=store_id)
    now = clock.now()
    count = locks.lock_id_checks(member.pk)
    if count.blocked_until is not None and count.blocked_until > now:
        return _noted(actor, member, IdCheck(IdCheckOutcome.PAUSED, count.blocked_until), store_id)
    document = IdDocument.objects.filter(member=member, kind=kind).first()
    if document is None:
        return _noted(actor, member, IdCheck(IdCheckOutcome.NO_DOCUMENT), store_id)
    if document.number_index in _indexes(number, kind):
        count.failures, count.blocked_until = 0, None
        check = IdCheck(IdCheckOutcome.MATCH)
        _see(actor, document)
    else:
        count.failures += 1
        pause = id_check_pause(count.failures)
        count.blocked_until = now + pause if pause else None
        check = IdCheck(IdCheckOutcome.NO_MATCH, count.blocked_until)
    count.save(update_fields=["failures", "blocked_until"])
    return _noted(actor, member, check, store_id)


def _see(actor: Actor, document: IdDocument) -> None:
    """A number that came with a file has now been read on the document itself."""
    if not document.original_seen:
        document.original_seen, document.seen_at, document.seen_by = True, clock.now(), actor.name or str(actor)
        document.save(update_fields=["original_seen", "seen_at", "seen_by"])


def id_check_pause(failures: int) -> timedelta:
    """How long further tries pause after so many that did not match: none up to three, then 1, 2, 4 … 60 minutes."""
    if failures < _FREE_FAILURES:
        return timedelta(0)
    return min(timedelta(minutes=2 ** min(failures - _FREE_FAILURES, 10)), _LONGEST_PAUSE)


def _indexes(typed: str, kind: DocumentKind) -> list[str]:
    """What the typed number may be stored under. One that cannot be a number matches nothing, and counts as a try."""
    try:
        number = normalise_id_number(typed, kind, today=clock.today())
    except InvalidIdNumber:
        return []
    return blind_indexes(number, purpose=ID_NUMBER)


def _noted(actor: Actor, member: Member, check: IdCheck, store_id: int) -> IdCheck:
    detail = {"outcome": check.outcome.value}
    record(actor, "member.id_check", object_type="member", object_id=member.code, store_id=store_id, detail=detail)
    return check
