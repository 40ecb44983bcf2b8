"""Merging two records of one person."""

from collections.abc import Mapping
from typing import Any, Final

from django.utils.translation import gettext_lazy as _

from kernel import clock
from kernel.errors import DomainError
from membership.members import locks
from membership.members.domain import masked_phone
from membership.members.errors import MemberErased, MemberMerged, MemberNotFound
from membership.members.merging import Merge, move_all
from membership.members.models import Consent, IdDocument, Member, MemberTag
from membership.members.services.phones import tell_old_phones
from membership.members.services.reasons import checked_reason
from tenants.audit.services import record
from tenants.people.domain import Act, Actor, require


class MergeWithHerself(DomainError):
    """The two codes are one member's."""

    code = "merge_with_herself"
    status = 400
    message = _("请选择两位不同的会员。")


class DifferentPersons(DomainError):
    """Their documents of one kind differ: they are two persons, or one of the documents was filed wrongly."""

    code = "different_persons"
    status = 409
    message = _(
        "{source_code} 和 {target_code} 登记的{kind_label}号码不同，不是同一个人，不能合并。如登记有误，请先更正。"
    )


def merge_members(*, actor: Actor, source_code: str, target_code: str, reason: str, store_id: int) -> Member:
    """Move everything of ``source`` to ``target``, who survives: cards, vehicles, documents, consents, tags, money.
    What the target does not know (address, birthday …) is taken over; what differs stays as the target has it. The
    source's code leads to the target from now on. Where the telephones differ, that is a change for the source's cards:
    her old one is told.

    Raises:
        NotAllowed, InvalidReason, MergeWithHerself, MemberNotFound, MemberMerged, MemberErased, DifferentPersons
        DomainError: what an app refuses whose things would have to move.
    """
    require(actor, Act.MEMBER_MERGE, store_id=store_id)
    reason = checked_reason(reason)
    source, target = _lock_both(source_code.strip().upper(), target_code.strip().upper())
    moved = dict(_own_things(source, target))
    moved |= dict(move_all(Merge(source, target, actor, store_id)))
    filled = _fill_gaps(source, target)
    # Codes that led to the source lead to the survivor without a detour.
    Member.objects.filter(merged_into=source).update(merged_into=target)
    source.merged_into, source.merged_at = target, clock.now()
    source.save(update_fields=["merged_into", "merged_at"])
    detail: dict[str, Any] = {"from": source.code, "reason": reason, "moved": {k: v for k, v in moved.items() if v}}
    if filled:
        detail["changed"] = filled
    detail |= _pass_on_phone(source, target)
    record(actor, Act.MEMBER_MERGE, object_type="member", object_id=target.code, store_id=store_id, detail=detail)
    # In both histories: whoever looks for the old code finds where it went.
    gone = {"into": target.code, "reason": reason}
    record(actor, Act.MEMBER_MERGE, object_type="member", object_id=source.code, store_id=store_id, detail=gone)
    return target


def _lock_both(source_code: str, target_code: str) -> tuple[Member, Member]:
    if source_code == target_code:
        raise MergeWithHerself
    ids = dict(Member.objects.filter(code__in=[source_code, target_code]).values_list("code", "pk"))
    for code in (source_code, target_code):
        if code not in ids:
            raise MemberNotFound(member_code=code)
    locked = {member.code: member for member in locks.lock_members(ids.values())}
    for member in locked.values():
        if member.merged_into_id is not None:
            into = Member.objects.only("code").get(pk=member.merged_into_id)
            raise MemberMerged(member_code=member.code, into_code=into.code)
        if member.erased_at is not None:
            raise MemberErased(member_code=member.code)
    return locked[source_code], locked[target_code]


def _own_things(source: Member, target: Member) -> Mapping[str, Any]:
    return {
        "documents": _move_documents(source, target),
        "consents": _move_consents(source, target),
        "tags": _move_tags(source, target),
    }


def _move_documents(source: Member, target: Member) -> list[str]:
    kept = {document.kind: document for document in IdDocument.objects.filter(member=target)}
    moved = []
    for document in IdDocument.objects.filter(member=source).order_by("kind"):
        same = kept.get(document.kind)
        if same is None:
            document.member = target
            document.save(update_fields=["member"])
            moved.append(document.kind)
        elif not _same_number(document, same):
            label = document.get_kind_display()
            raise DifferentPersons(source_code=source.code, target_code=target.code, kind_label=label)
        else:
            _keep_proof(document, same)
            document.delete()
    return moved


def _keep_proof(going: IdDocument, staying: IdDocument) -> None:
    """That somebody saw the document itself is not lost with the record it was noted on."""
    if going.original_seen and not staying.original_seen:
        staying.original_seen, staying.seen_at, staying.seen_by = True, going.seen_at, going.seen_by
        staying.save(update_fields=["original_seen", "seen_at", "seen_by"])


def _same_number(one: IdDocument, other: IdDocument) -> bool:
    # While index keys rotate, one number has two indexes: ask the numbers themselves.
    return one.number_index == other.number_index or one.plain_number() == other.plain_number()


def _move_consents(source: Member, target: Member) -> int:
    """All of them move, being proofs. A consent ends where the same one stands on both records, and where the other
    record holds a later withdrawal: who said no must not be met because she had said yes elsewhere.
    """
    standing = {member.pk: _standing(member) for member in (source, target)}
    withdrawn = {member.pk: _last_withdrawals(member) for member in (source, target)}
    for member, other in ((source, target), (target, source)):
        for key, consent in standing[member.pk].items():
            no = withdrawn[other.pk].get(key)
            if no is not None and no.withdrawn_at is not None and no.withdrawn_at > consent.given_at:
                _end(consent, how=no.withdrawn_how, to=no.withdrawn_to)
            elif member is source and key in standing[target.pk]:
                _end(consent, how=consent.given_how, to=_MERGED)
    return Consent.objects.filter(member=source).update(member=target)


_MERGED: Final = "合并会员"

_Key = tuple[str, str]


def _standing(member: Member) -> dict[_Key, Consent]:
    found = Consent.objects.filter(member=member, withdrawn_at__isnull=True)
    return {(consent.purpose, consent.channel): consent for consent in found}


def _last_withdrawals(member: Member) -> dict[_Key, Consent]:
    found = Consent.objects.filter(member=member, withdrawn_at__isnull=False).order_by("withdrawn_at", "pk")
    return {(consent.purpose, consent.channel): consent for consent in found}


def _end(consent: Consent, *, how: str, to: str) -> None:
    consent.withdrawn_at, consent.withdrawn_how, consent.withdrawn_to = clock.now(), how, to
    consent.save(update_fields=["withdrawn_at", "withdrawn_how", "withdrawn_to"])


def _move_tags(source: Member, target: Member) -> list[str]:
    worn = MemberTag.objects.filter(member=target).values("tag_id")
    MemberTag.objects.filter(member=source, tag_id__in=worn).delete()
    moving = MemberTag.objects.filter(member=source)
    names = list(moving.order_by("tag__name").values_list("tag__name", flat=True))
    moving.update(member=target)
    return names


def _pass_on_phone(source: Member, target: Member) -> dict[str, str]:
    """The source's cards get the target's telephone, which may be anybody's until it has stood for a while; what the
    trail says of it.
    """
    if source.phone == target.phone:
        known = [moment for moment in (source.phone_changed_at, target.phone_changed_at) if moment is not None]
        target.phone_changed_at = max(known, default=None)
        target.save(update_fields=["phone_changed_at"])
        return {}
    target.phone_changed_at = clock.now()
    target.save(update_fields=["phone_changed_at"])
    tell_old_phones([source.phone])
    return {"phone_before": masked_phone(source.phone), "phone_after": masked_phone(target.phone)}


def _fill_gaps(source: Member, target: Member) -> list[str]:
    """What only the source knows goes over; the names of what was filled."""
    filled = [name for name in ("landline", "email", "address", "birthday") if _lacks(target, name, source)]
    for name in filled:
        setattr(target, name, getattr(source, name))
    if target.lunar_month is None and source.lunar_month is not None:
        lunar = ["lunar_month", "lunar_day", "lunar_leap", "lunar_year"]
        for name in lunar:
            setattr(target, name, getattr(source, name))
        filled += lunar
    if filled:
        target.save(update_fields=filled)
    return filled


def _lacks(target: Member, name: str, source: Member) -> bool:
    return not getattr(target, name) and bool(getattr(source, name))
