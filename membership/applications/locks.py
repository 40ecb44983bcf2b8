"""Every row lock of this app: an application, then its code or its link; members and cards only after it."""

from membership.applications.errors import ApplicationNotFound
from membership.applications.models import Application, ApplicationCode, ApplicationPolicy, PinLink


def lock_application(number: str) -> Application:
    """The application, locked, with its type, level, store, member and card.

    Raises:
        ApplicationNotFound: drafts are nobody's business but the applicant's.
    """
    found = Application.objects.select_for_update(no_key=True, of=("self",))
    try:
        return (
            found.select_related("type", "level", "store", "member", "card").exclude(state="DRAFT").get(number=number)
        )
    except Application.DoesNotExist:
        raise ApplicationNotFound(number=number) from None


def hold_code(application_id: int) -> ApplicationCode | None:
    """The code that was sent for an application, locked, with the application; None where there is none, and where it
    is being tried elsewhere: tries go one at a time and never wait.
    """
    return (
        ApplicationCode.objects.select_for_update(no_key=True, of=("self",), skip_locked=True)
        .select_related("application")
        .filter(pk=application_id)
        .first()
    )


def hold_link(digest: str) -> PinLink | None:
    """The link with this digest, locked, with its application and card; None where there is none."""
    return (
        PinLink.objects.select_for_update(no_key=True, of=("self",))
        .select_related("application__card__member")
        .filter(digest=digest)
        .first()
    )


def lock_policy() -> ApplicationPolicy:
    """The chain's choices, locked; made when there are none."""
    ApplicationPolicy.objects.bulk_create([ApplicationPolicy()], ignore_conflicts=True)
    return ApplicationPolicy.objects.select_for_update(no_key=True).get(pk=ApplicationPolicy.ONLY)
