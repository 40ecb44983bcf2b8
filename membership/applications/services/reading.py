"""Reading what is hidden of an applicant: every time with who and why in the trail."""

from kernel import clock
from kernel.files.models import StoredFile
from membership.applications import queries
from membership.applications.errors import PersonalDataForgotten, PhotoGone
from membership.applications.models import Application
from membership.members.services.reasons import checked_reason
from tenants.audit.services import record
from tenants.people.domain import Act, Actor, require


def reveal_number(*, actor: Actor, number: str, reason: str, store_id: int) -> str:
    """The whole number of the applicant's document. In the trail, with its reason (R-M08).

    Raises:
        NotAllowed, ApplicationNotFound, InvalidReason, PersonalDataForgotten
    """
    application = queries.get_application(number, actor=actor)
    require(actor, Act.MEMBER_REVEAL, store_id=application.store_id or store_id)
    reason = checked_reason(reason)
    if application.forgotten_at is not None:
        raise PersonalDataForgotten(number=application.number)
    plain = application.plain_number()
    _note(actor, application, "application.reveal", store_id, {"reason": reason})
    return plain


def show_photo(*, actor: Actor, number: str, store_id: int) -> StoredFile:
    """The photo of the document, for whoever decides. In the trail: it shows what is masked elsewhere.

    Raises:
        NotAllowed, ApplicationNotFound, PhotoGone
    """
    application = queries.get_application(number, actor=actor)
    require(actor, Act.CARD_ISSUE, store_id=application.store_id or store_id)
    photo = application.photo
    if photo is None or photo.deleted_at is not None:
        raise PhotoGone
    if photo.expires_at is not None and photo.expires_at <= clock.now():
        raise PhotoGone
    _note(actor, application, "application.photo", store_id, {})
    return photo


def _note(actor: Actor, application: Application, act: str, store_id: int, detail: dict[str, str]) -> None:
    record(
        actor,
        act,
        object_type="application",
        object_id=application.number,
        store_id=application.store_id or store_id,
        detail=detail,
    )
