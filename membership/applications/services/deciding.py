"""The desk decides: a card for the applicant, or a reason why not (R-A12 – R-A15)."""

from datetime import timedelta
from typing import Final

from django.utils.translation import gettext as _

from billing.subscriptions.entitlements import Entitled, plan_missing
from kernel import clock
from membership.applications import locks, queries
from membership.applications.domain import ApplicationAct, Handing
from membership.applications.errors import (
    CardDoesNotFit,
    MemberIdDiffers,
    MemberPhoneDiffers,
    RejectionReasonMissing,
)
from membership.applications.models import Application, GrantedCard
from membership.applications.services.applying import drop_photo, tell
from membership.applications.services.pin_links import MadeLink, make_link
from membership.applications.services.steps import allowed, take_step
from membership.cards.domain import tidy_number as tidy_card_number
from membership.cards.errors import CardNotFound
from membership.cards.models import Card
from membership.cards.services import issue_card
from membership.members import services as members
from membership.members.domain import DocumentKind
from membership.members.errors import InvalidReason
from membership.members.models import IdDocument, Member
from membership.members.services.reasons import checked_reason
from tenants.people.domain import Act, Actor, require

REJECTED: Final = "apply_rejected"


def approve(
    *,
    actor: Actor,
    chain: Entitled,
    number: str,
    card_number: str,
    store_id: int,
    site_url: str,
    member_code: str = "",
    original_seen: bool = False,
    shared: bool = False,
) -> MadeLink:
    """Give the applicant a card that the store may issue: it is hers, and active once she has it. She gets a link to
    set its PIN. Charged once, here (R-A13).

    ``store_id``: where the clerk works; of an application that is collected, the store it is collected from.
    ``member_code``: she is a member already. ``original_seen``: she is here and has shown her document. ``shared``: the
    clerk knows that another member's file has it (R-H02).

    Raises:
        NotAllowed, AccountInArrears, PlanRequired, ApplicationNotFound, ApplicationStepForbidden
        CardDoesNotFit, MemberPhoneDiffers, MemberIdDiffers
        IdAlreadyFiled, IdSharingForbidden, MemberNotFound, MemberMerged, MemberErased, RegistrationIncomplete
        CardNotFound, CardNotIdle, CardNotReleased, TypeNotEnabled, IdLimitReached, SpendTooLittle, Busy
    """
    application = locks.lock_application(number)
    store_id = application.store_id or store_id
    require(actor, Act.CARD_ISSUE, store_id=store_id)
    if not queries.plan_has_applications(chain):
        raise plan_missing(chain, _("网上办卡"), has=lambda plan: plan.application_fee is not None)
    allowed(ApplicationAct.APPROVE, application)
    card_number = tidy_card_number(card_number)
    _check_fits(application, card_number)
    member = _member_of(actor, application, member_code, store_id, original_seen=original_seen, shared=shared)
    issued = issue_card(actor=actor, number=card_number, member=member, store_id=store_id, activate=False)
    now = clock.now()
    take_step(
        actor,
        application,
        ApplicationAct.APPROVE,
        member=member,
        card=issued.card,
        store_id=store_id,
        decided_at=now,
        decided_by=actor.name or str(actor),
        detail={"card": card_number, "member": member.code, "original_seen": original_seen},
    )
    GrantedCard.objects.create(
        application=application, card=issued.card, number=application.number, actor=str(actor), at=now
    )
    return make_link(application, issued.card, site_url=site_url)


def reject(*, actor: Actor, number: str, reason: str, store_id: int, site_url: str) -> Application:
    """Refuse, with a reason that the applicant reads; nothing is charged (R-A15). Her photo goes at once.

    Raises:
        NotAllowed, ApplicationNotFound, ApplicationStepForbidden, RejectionReasonMissing
    """
    application = locks.lock_application(number)
    store_id = application.store_id or store_id
    require(actor, Act.CARD_ISSUE, store_id=store_id)
    try:
        reason = checked_reason(reason)
    except InvalidReason:
        raise RejectionReasonMissing from None
    take_step(
        actor,
        application,
        ApplicationAct.REJECT,
        reason=reason,
        decided_at=clock.now(),
        decided_by=actor.name or str(actor),
        forget_on=clock.today() + timedelta(days=queries.policy().kept_days),
    )
    drop_photo(application)
    text = _("您的办卡申请 %(number)s 未通过审核。原因和后续办法：%(link)s")
    tell(application, site_url=site_url, template=REJECTED, text=text)
    return application


def _check_fits(application: Application, card_number: str) -> None:
    card = Card.objects.select_related("type", "level").filter(number=card_number).first()
    if card is None:
        raise CardNotFound(card_number=card_number)
    if (card.type_id, card.level_id) != (application.type_id, application.level_id):
        raise CardDoesNotFit(
            card_number=card_number,
            found_label=f"{card.type.name} {card.level.name}",
            wanted_label=f"{application.type.name} {application.level.name}",
        )


def _member_of(
    actor: Actor, application: Application, code: str, store_id: int, *, original_seen: bool, shared: bool
) -> Member:
    """The member whom the card goes to: filed anew, or one who is known, with the document on her file."""
    kind = DocumentKind(application.document_kind)
    if code.strip():
        member = members.get_member(code)
        _check_same_person(member, application, kind)
    else:
        details = members.Details(
            email=application.email, address=application.address if application.handing == Handing.DELIVERY else ""
        )
        member = members.create_member(
            actor=actor, name=application.name, phone=application.phone, store_id=store_id, details=details
        )
    filed = IdDocument.objects.filter(member=member, kind=kind).first()
    if filed is None or (original_seen and not filed.original_seen):
        members.record_document(
            actor=actor,
            code=member.code,
            kind=kind,
            number=application.plain_number(),
            store_id=store_id,
            shared=shared,
            original_seen=original_seen,
        )
    if member.phone_verified_at is None:
        member.phone_verified_at = application.submitted_at
        Member.objects.filter(pk=member.pk).update(phone_verified_at=application.submitted_at)
    changed_at, submitted_at = member.phone_changed_at, application.submitted_at
    # A code alone says only that the new telephone is somebody's: with her document seen, it is hers.
    if original_seen and changed_at is not None and submitted_at is not None and changed_at < submitted_at:
        Member.objects.filter(pk=member.pk).update(phone_changed_at=None)
    return member


def _check_same_person(member: Member, application: Application, kind: DocumentKind) -> None:
    """A card opens everything that is its holder's: it goes to nobody but whoever has shown to be her."""
    if member.phone != application.phone:
        raise MemberPhoneDiffers(member_code=member.code)
    filed = IdDocument.objects.filter(member=member, kind=kind).first()
    if filed is not None and filed.plain_number() != application.plain_number():
        raise MemberIdDiffers(member_code=member.code, kind_label=kind.label)
