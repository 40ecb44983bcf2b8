"""Consents: given, proved, withdrawn (PIPL 13–15, 24; 消保法实施条例 23)."""

from typing import Final

from django.db import transaction
from django.db.utils import IntegrityError
from django.utils.translation import gettext_lazy as _

from kernel import clock
from kernel.errors import DomainError
from membership.members import locks
from membership.members.domain import ConsentChannel, ConsentPurpose, ConsentSource
from membership.members.errors import MemberErased
from membership.members.models import Consent, ConsentWording, Member
from tenants.audit.services import record
from tenants.people.domain import Act, Actor, require

_LONGEST_PROOF: Final = 80
_LONGEST_WORDING: Final = 2_000
_SHORTEST_WORDING: Final = 10


class ConsentIncomplete(DomainError):
    """A consent by a signed form needs the form's number: without it there is no proof."""

    code = "consent_incomplete"
    status = 400
    message = _("请填写凭据编号（书面表的编号、录音编号等），否则无法证明会员同意过。")


class ConsentNotFound(DomainError):
    """No such consent is in force; it was never given, or withdrawn before."""

    code = "consent_not_found"
    status = 404
    message = _("会员 {member_code} 目前没有这项同意，或已经撤回。")


class InvalidWording(DomainError):
    """The wording is too short to inform anybody, or too long to be read."""

    code = "invalid_wording"
    status = 400
    message = _("同意书文本须为 10 到 2,000 个字。")


def publish_wording(*, actor: Actor, purpose: ConsentPurpose, text: str) -> ConsentWording:
    """Publish a new version of what members are asked. Consents given before stay tied to what was read then.

    Raises:
        NotAllowed, InvalidWording
    """
    require(actor, Act.STORE_MANAGE)
    text = text.strip()
    if not _SHORTEST_WORDING <= len(text) <= _LONGEST_WORDING:
        raise InvalidWording
    latest = ConsentWording.objects.select_for_update(no_key=True).filter(purpose=purpose).order_by("-version").first()
    version = latest.version + 1 if latest else 1
    wording = ConsentWording.objects.create(purpose=purpose, version=version, text=text, published_at=clock.now())
    detail = {"purpose": purpose.value, "version": version}
    record(actor, "consent.wording", object_type="consent_wording", object_id=wording.pk, detail=detail)
    return wording


def give_consent(
    *,
    actor: Actor,
    code: str,
    purpose: ConsentPurpose,
    channel: ConsentChannel,
    how: ConsentSource,
    store_id: int,
    proof: str = "",
) -> Consent:
    """Note that the member agreed, to the wording in force, just now. Said twice, the first stays.

    Raises:
        NotAllowed, MemberNotFound, MemberMerged, MemberErased, ConsentIncomplete
    """
    require(actor, Act.MEMBER_CREATE, store_id=store_id)
    proof = " ".join(proof.split())[:_LONGEST_PROOF]
    if not proof and how in (ConsentSource.SIGNED_FORM, ConsentSource.TAKE_OVER, ConsentSource.PHONE):
        raise ConsentIncomplete
    member = locks.lock_member(code.strip().upper())
    return note_given(actor, member, purpose=purpose, channel=channel, how=how, proof=proof, store_id=store_id)


def withdraw_consent(
    *, actor: Actor, code: str, purpose: ConsentPurpose, channel: ConsentChannel, how: ConsentSource, store_id: int
) -> Consent:
    """End a consent, at once: whoever asks ``has_consent`` from now on gets a no.

    Raises:
        NotAllowed, MemberNotFound, MemberMerged, ConsentNotFound
    """
    require(actor, Act.MEMBER_CREATE, store_id=store_id)
    member = locks.lock_member(code.strip().upper())
    return note_withdrawn(actor, member, purpose=purpose, channel=channel, how=how, store_id=store_id)


def note_given(
    actor: Actor,
    member: Member,
    *,
    purpose: ConsentPurpose,
    channel: ConsentChannel,
    how: ConsentSource,
    proof: str,
    store_id: int | None,
) -> Consent:
    """Write a consent of a locked member down; whoever calls has made sure that the actor may. The first stays.

    Raises:
        MemberErased
    """
    if member.erased_at is not None:
        raise MemberErased(member_code=member.code)
    standing = _in_force(member.pk, purpose, channel)
    if standing is not None:
        return standing
    consent = Consent(member=member, purpose=purpose, channel=channel, given_how=how, proof=proof)
    consent.wording = ConsentWording.objects.filter(purpose=purpose).order_by("-version")[0]
    consent.given_at, consent.given_to = clock.now(), actor.name or str(actor)
    try:
        with transaction.atomic():
            consent.save(force_insert=True)
    except IntegrityError:
        standing = _in_force(member.pk, purpose, channel)
        if standing is None:
            raise
        return standing
    detail = {"purpose": purpose.value, "channel": channel.value, "how": how.value, "version": consent.wording.version}
    record(actor, "consent.give", object_type="member", object_id=member.code, store_id=store_id, detail=detail)
    return consent


def note_withdrawn(
    actor: Actor,
    member: Member,
    *,
    purpose: ConsentPurpose,
    channel: ConsentChannel,
    how: ConsentSource,
    store_id: int | None,
) -> Consent:
    """End a consent of a locked member; whoever calls has made sure that the actor may.

    Raises:
        ConsentNotFound
    """
    consent = _in_force(member.pk, purpose, channel)
    if consent is None:
        raise ConsentNotFound(member_code=member.code)
    consent.withdrawn_at, consent.withdrawn_how = clock.now(), how
    consent.withdrawn_to = actor.name or str(actor)
    consent.save(update_fields=["withdrawn_at", "withdrawn_how", "withdrawn_to"])
    detail = {"purpose": purpose.value, "channel": channel.value, "how": how.value}
    record(actor, "consent.withdraw", object_type="member", object_id=member.code, store_id=store_id, detail=detail)
    return consent


def has_consent(member_id: int, purpose: ConsentPurpose, channel: ConsentChannel) -> bool:
    """Whether the member agreed to this, by this way, and has not withdrawn it. Ask right before acting on it."""
    return _in_force(member_id, purpose, channel) is not None


def _in_force(member_id: int, purpose: ConsentPurpose, channel: ConsentChannel) -> Consent | None:
    standing = Consent.objects.filter(
        member_id=member_id, purpose=purpose, channel=channel, withdrawn_at__isnull=True, member__merged_into=None
    )
    return standing.first()
