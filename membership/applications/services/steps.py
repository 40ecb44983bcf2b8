"""One step of an application's life: guarded by the table, compared and swapped, audited, announced."""

from collections.abc import Mapping
from typing import Any

from membership.applications.domain import ApplicationAct, ApplicationState, destination
from membership.applications.errors import ApplicationStepForbidden
from membership.applications.models import Application
from membership.events.domain import EventKind
from membership.events.services import announce
from tenants.audit.services import record
from tenants.people.domain import Actor

_ANNOUNCED = {
    ApplicationAct.SUBMIT: EventKind.APPLICATION_SUBMITTED,
    ApplicationAct.WITHDRAW: EventKind.APPLICATION_WITHDRAWN,
    ApplicationAct.APPROVE: EventKind.APPLICATION_APPROVED,
    ApplicationAct.REJECT: EventKind.APPLICATION_REJECTED,
    ApplicationAct.LAPSE: EventKind.APPLICATION_LAPSED,
    ApplicationAct.SEND: EventKind.APPLICATION_SENT,
    ApplicationAct.HAND_OVER: EventKind.APPLICATION_COLLECTED,
}


def applicant(application: Application) -> Actor:
    """Whoever applies: known by her application alone."""
    return Actor(kind="applicant", id=application.pk)


def allowed(act: ApplicationAct, application: Application) -> ApplicationState:
    """Where the act leads this application.

    Raises:
        ApplicationStepForbidden
    """
    to = destination(act, state=application.state)
    if to is None:
        raise forbidden(act, application)
    return to


def forbidden(act: ApplicationAct, application: Application) -> ApplicationStepForbidden:
    """The error that names the application's state and the act it does not allow."""
    label = ApplicationState(application.state).label
    return ApplicationStepForbidden(number=application.number, state_label=label, act_label=act.label)


def take_step(
    actor: Actor,
    application: Application,
    act: ApplicationAct,
    *,
    detail: Mapping[str, Any] | None = None,
    **changes: Any,
) -> Application:
    """Move an application on, if it still stands where it was read; write the trail and the event.

    Raises:
        ApplicationStepForbidden
    """
    to = allowed(act, application)
    before = application.state
    if Application.objects.filter(pk=application.pk, state=before).update(state=to, **changes) != 1:
        raise forbidden(act, application)
    application.state = to
    for field, value in changes.items():
        setattr(application, field, value)
    trail = {"from": before, "to": to.value} | dict(detail or {})
    name = f"application.{act.lower()}"
    record(
        actor,
        name,
        object_type="application",
        object_id=application.number,
        store_id=application.store_id,
        detail=trail,
    )
    announce(_ANNOUNCED[act], told(application))
    return application


def told(application: Application) -> dict[str, str | None]:
    """What the chain's software is told of an application: numbers and codes, nothing of the person."""
    return {
        "application": application.number,
        "state": application.state,
        "card_type": application.type.code,
        "level": application.level.code,
        "handing": application.handing,
        "store": application.store.code if application.store else None,
        "member": application.member.code if application.member else None,
        "card": application.card.number if application.card else None,
    }
