"""The link by which a new member sets her card's PIN: sent to her telephone, usable once."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from django.utils.translation import gettext as _

from kernel import clock
from kernel.sms import services as sms
from membership.applications import links, locks
from membership.applications.domain import GRANTED, ApplicationState
from membership.applications.errors import ApplicationStepForbidden, LinkUseless
from membership.applications.models import Application, PinLink
from membership.applications.services.steps import applicant
from membership.cards.domain import pin_weakness
from membership.cards.models import Card
from membership.cards.pins import hash_pin, known_to_a_finder
from membership.cards.services.pin_acts import PinChangedMeanwhile, set_pin
from membership.cards.web_login import MAY_LOG_IN, PinForm, PinTrivial
from tenants.audit.services import record
from tenants.people.domain import Act, Actor, require

TEMPLATE: Final = "apply_pin"
LINK_LASTS: Final = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class MadeLink:
    """A link that was just made: it is nowhere else, and shown once."""

    application: Application
    card: Card
    url: str
    expires_on: str


def make_link(application: Application, card: Card, *, site_url: str) -> MadeLink:
    """Make the link to set the card's PIN, in place of any before, and send it to the applicant's telephone."""
    now = clock.now()
    secret, digest = links.new_secret()
    PinLink.objects.update_or_create(
        application=application,
        defaults={
            "digest": digest,
            "pin_version": card.pin_version,
            "made_at": now,
            "expires_at": now + LINK_LASTS,
            "used_at": None,
        },
    )
    url = links.pin_link(secret, site_url=site_url)
    text = _("您的会员卡申请已通过。请在 %(days)s 天内打开链接设置消费密码，链接只能用一次，请勿转发：%(link)s")
    sms.post(
        phone=application.phone,
        template=TEMPLATE,
        params={"link": url, "days": str(LINK_LASTS.days)},
        text=text % {"link": url, "days": LINK_LASTS.days},
        useless_at=now + LINK_LASTS,
    )
    expires_on = f"{(now + LINK_LASTS).astimezone(clock.CHINA):%Y-%m-%d %H:%M}"
    return MadeLink(application=application, card=card, url=url, expires_on=expires_on)


def renew_link(*, actor: Actor, number: str, site_url: str) -> MadeLink:
    """A new link at the desk, for a member who lost hers; the one before is dead. The PIN stays until it is used.

    Raises:
        NotAllowed, ApplicationNotFound, ApplicationStepForbidden
    """
    application = locks.lock_application(number)
    require(actor, Act.CARD_ISSUE, store_id=application.store_id)
    card = _card_of(application)
    made = make_link(application, card, site_url=site_url)
    record(
        actor,
        "application.pin_link",
        object_type="application",
        object_id=application.number,
        store_id=application.store_id,
    )
    return made


def link_behind(secret: str) -> PinLink:
    """The link, if it may still be used, held.

    Raises:
        LinkUseless
    """
    link = locks.hold_link(links.digest_of(secret))
    if link is None or link.used_at is not None or link.expires_at <= clock.now():
        raise LinkUseless
    card = link.application.card
    if card is None or card.status not in MAY_LOG_IN or card.pin_version != link.pin_version:
        raise LinkUseless
    return link


def use_link(*, secret: str, new_pin: str) -> Card:
    """Set the PIN that the member chose; the link is used up.

    Raises:
        LinkUseless, PinForm, PinTrivial, Busy
    """
    link = link_behind(secret)
    card = _card_of(link.application)
    weakness = pin_weakness(new_pin, personal=known_to_a_finder(card.number, card.member))
    if weakness is not None:
        raise PinForm if weakness == PinForm.code else PinTrivial
    try:
        changed = set_pin(card.number, hash_pin(new_pin), link.pin_version, must_change=False)
    except PinChangedMeanwhile:
        raise LinkUseless from None
    PinLink.objects.filter(pk=link.pk).update(used_at=clock.now())
    record(applicant(link.application), "application.pin", object_type="card", object_id=card.number)
    return changed


def _card_of(application: Application) -> Card:
    if application.state not in GRANTED or application.card_id is None:
        label = ApplicationState(application.state).label
        raise ApplicationStepForbidden(number=application.number, state_label=label, act_label=_("设置密码"))
    return Card.objects.select_related("member").get(pk=application.card_id)
