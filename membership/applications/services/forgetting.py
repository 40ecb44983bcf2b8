"""What is deleted by itself: drafts that nobody verified, and what ended applications say of people."""

from uuid import UUID

from kernel import clock
from kernel.files.models import StoredFile
from membership.applications.domain import ApplicationState
from membership.applications.models import Application, ApplicationCode, CodeSent, PinLink
from membership.applications.queries import CODES_KEPT, DRAFTS_LAST
from tenants.audit.services import record
from tenants.people.domain import Actor

_AT_ONCE = 500


def clean_up(*, actor: Actor) -> int:
    """Delete unverified drafts of more than a day, with their photos, and blank what ended applications say of people
    whose time is over; how many. At most some hundred at once: the timer comes again.
    """
    now = clock.now()
    CodeSent.objects.filter(at__lt=now - CODES_KEPT).delete()
    drafts = Application.objects.filter(state=ApplicationState.DRAFT, created_at__lt=now - DRAFTS_LAST)
    old = list(drafts.select_for_update(skip_locked=True).order_by("pk").values_list("pk", "photo_id")[:_AT_ONCE])
    _let_go([photo for _pk, photo in old])
    Application.objects.filter(pk__in=[pk for pk, _photo in old]).delete()
    over = Application.objects.filter(forget_on__lt=clock.today(), forgotten_at__isnull=True)
    forgotten = list(over.select_for_update(no_key=True, skip_locked=True).order_by("pk")[:_AT_ONCE])
    forget(forgotten)
    if old or forgotten:
        detail = {"drafts": len(old), "forgotten": [application.number for application in forgotten]}
        record(actor, "application.clean_up", object_type="application", detail=detail)
    return len(old) + len(forgotten)


def forget(applications: list[Application]) -> None:
    """Blank everything that these applications say of a person; what was decided, and charged, stays."""
    keys = [application.pk for application in applications]
    _let_go([application.photo_id for application in applications])
    ApplicationCode.objects.filter(pk__in=keys).delete()
    PinLink.objects.filter(pk__in=keys).delete()
    Application.objects.filter(pk__in=keys).update(
        name="",
        phone="",
        email="",
        address="",
        id_number="",
        number_index="",
        masked="",
        parcel="",
        forgotten_at=clock.now(),
    )


def _let_go(photos: list[UUID | None]) -> None:
    known = [photo for photo in photos if photo is not None]
    StoredFile.objects.filter(pk__in=known, deleted_at__isnull=True).update(expires_at=clock.now())
