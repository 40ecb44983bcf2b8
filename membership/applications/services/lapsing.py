"""A card that was granted and never came to its applicant: the application is closed, the card is nobody's any more."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Final

from django.utils.translation import gettext as _

from kernel import clock
from membership.applications import locks, queries
from membership.applications.domain import ApplicationAct
from membership.applications.errors import LapsedTooEarly
from membership.applications.models import Application
from membership.applications.services.applying import drop_photo, tell
from membership.applications.services.steps import allowed, forbidden, take_step
from membership.cards.domain import ENDED, CardStatus
from membership.cards.models import Card
from membership.cards.services import collect_card, withdraw_card
from tenants.people.domain import Act, Actor, require

LAPSED: Final = "apply_lapsed"
_NOT_IN_USE: Final = frozenset({CardStatus.ISSUED, CardStatus.LOST, CardStatus.WITHDRAWN, CardStatus.COLLECTED})


def lapses_on(application: Application) -> date | None:
    """The first day on which it may be closed so: as long after it was granted or sent as the chain has chosen; None
    before either.
    """
    since = application.sent_at or application.decided_at
    if since is None:
        return None
    return since.astimezone(clock.CHINA).date() + timedelta(days=queries.policy().waits_days)


def lapse(*, actor: Actor, number: str, card_is_here: bool, store_id: int, site_url: str) -> Application:
    """Close an application whose card nobody came for, or that did not arrive. The card is withdrawn, its PIN's link is
    dead; ``card_is_here``: it is taken in as well, to be destroyed. Its number was told: it is never issued again. What
    was charged with the approval stays charged (R-A13). The applicant is told, and may apply again.

    Raises:
        NotAllowed, ApplicationNotFound
        ApplicationStepForbidden: also where the card is in use.
        LapsedTooEarly, CardNotEmpty, LockForbids
    """
    application = locks.lock_application(number)
    store_id = application.store_id or store_id
    require(actor, Act.CARD_ISSUE, store_id=store_id)
    allowed(ApplicationAct.LAPSE, application)
    day = lapses_on(application)
    if day is None or clock.today() < day:
        raise LapsedTooEarly(number=application.number, days=queries.policy().waits_days, day=day)
    if application.card is not None:
        _take_in(actor, application, application.card, card_is_here=card_is_here, store_id=store_id)
    take_step(
        actor,
        application,
        ApplicationAct.LAPSE,
        forget_on=clock.today() + timedelta(days=queries.policy().kept_days),
        detail={"card_is_here": card_is_here},
    )
    drop_photo(application)
    text = _("您的办卡申请 %(number)s 通过后一直没有领卡，现已作废；仍需要时可以重新申请。%(link)s")
    tell(application, site_url=site_url, template=LAPSED, text=text)
    return application


def _take_in(actor: Actor, application: Application, card: Card, *, card_is_here: bool, store_id: int) -> None:
    if card.status not in _NOT_IN_USE:
        raise forbidden(ApplicationAct.LAPSE, application)
    # The step lends the right: whoever hands cards out puts away those that nobody wanted.
    lent = replace(actor, grants={**actor.grants, Act.CARD_COLLECT: frozenset({store_id})})
    if card.status not in ENDED:
        withdraw_card(actor=lent, number=card.number, store_id=store_id, reason=application.number)
    if card_is_here and card.status != CardStatus.COLLECTED:
        collect_card(actor=lent, number=card.number, store_id=store_id, reason=application.number)
