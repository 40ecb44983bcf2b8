"""The card gets to the applicant: sent, or collected at the desk; then it is active (R-H08, R-B30)."""

from datetime import timedelta

from kernel import clock
from membership.applications import locks, queries
from membership.applications.domain import ApplicationAct, Handing
from membership.applications.errors import ApplicationStepForbidden, OriginalNotSeen
from membership.applications.models import Application
from membership.applications.services.applying import drop_photo
from membership.applications.services.steps import allowed, forbidden, take_step
from membership.cards.domain import CardStatus
from membership.cards.services import activate_card
from membership.members import services as members
from membership.members.domain import DocumentKind
from membership.members.models import IdDocument
from tenants.people.domain import Act, Actor, require

_LONGEST_PARCEL = 60


def send(*, actor: Actor, number: str, parcel: str = "") -> Application:
    """The card was given to a carrier. ``parcel``: the carrier and its number, for the applicant.

    Raises:
        NotAllowed, ApplicationNotFound
        ApplicationStepForbidden: also where she comes to collect it.
    """
    application = locks.lock_application(number)
    require(actor, Act.CARD_ISSUE, store_id=application.store_id)
    if application.handing != Handing.DELIVERY:
        raise forbidden(ApplicationAct.SEND, application)
    parcel = " ".join(parcel.split())[:_LONGEST_PARCEL]
    return take_step(actor, application, ApplicationAct.SEND, sent_at=clock.now(), parcel=parcel)


def hand_over(*, actor: Actor, number: str, original_seen: bool = False) -> Application:
    """The applicant has the card, and it may be used from now on. Who collects it shows her document; one that was sent
    has arrived. What the application says of her is forgotten in its time: her file holds it now.

    Raises:
        NotAllowed, ApplicationNotFound, ApplicationStepForbidden, OriginalNotSeen
        StatusStepForbidden, PaymentPending: the card may not be activated.
    """
    application = locks.lock_application(number)
    require(actor, Act.CARD_ISSUE, store_id=application.store_id)
    allowed(ApplicationAct.HAND_OVER, application)
    store_id = application.store_id
    if application.handing == Handing.DELIVERY and application.sent_at is None:
        raise ApplicationStepForbidden(
            number=application.number,
            state_label=application.get_state_display(),
            act_label=ApplicationAct.HAND_OVER.label,
        )
    if application.handing == Handing.PICK_UP:
        if not original_seen:
            raise OriginalNotSeen
        _note_original(actor, application)
    card = application.card
    if card is not None and store_id is not None and card.status != CardStatus.ACTIVE:
        activate_card(actor=actor, number=card.number, store_id=store_id)
    take_step(
        actor,
        application,
        ApplicationAct.HAND_OVER,
        collected_at=clock.now(),
        forget_on=clock.today() + timedelta(days=queries.policy().kept_days),
        detail={"original_seen": original_seen},
    )
    drop_photo(application)
    return application


def _note_original(actor: Actor, application: Application) -> None:
    member, store_id = application.member, application.store_id
    if member is None or store_id is None:
        return
    kind = DocumentKind(application.document_kind)
    if not IdDocument.objects.filter(member=member, kind=kind, original_seen=True).exists():
        members.record_document(
            actor=actor,
            code=member.code,
            kind=kind,
            number=application.plain_number(),
            store_id=store_id,
            # Whoever shares it was asked about when the application was approved.
            shared=True,
            birthday_differs=True,
        )
