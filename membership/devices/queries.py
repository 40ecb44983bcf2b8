"""Reading members' sessions and passkeys."""

from django.db.models import F, QuerySet

from kernel import clock
from membership.cards.web_login import MAY_LOG_IN
from membership.devices.domain import IDLE, KEPT
from membership.devices.models import CardSession, Passkey

_MOST_SHOWN = 20


def session_of(key: int) -> CardSession | None:
    """The session with its card and member, if it still opens anything: not ended, under the card's PIN of now,
    the card still its holder's. How long it lay idle is the caller's to know. One query.
    """
    return _open().select_related("card__member").filter(pk=key).first()


def sessions_of_member(member_id: int) -> list[CardSession]:
    """Who was in with one of her cards lately, the latest first; each with ``is_open``. One query."""
    now = clock.now()
    found = CardSession.objects.select_related("card").filter(card__member_id=member_id, opened_at__gt=now - KEPT)
    sessions = list(found.order_by("-seen_at", "-id")[:_MOST_SHOWN])
    for session in sessions:
        session.is_open = (  # type: ignore[attr-defined]
            session.ended_at is None
            and session.pin_version == session.card.pin_version
            and session.card.status in MAY_LOG_IN
            and session.seen_at > now - IDLE
        )
    return sessions


def opens(passkey: Passkey) -> bool:
    """Whether it stands for its card still: under the card's PIN of now, the card its holder's. Read with its card."""
    card = passkey.card
    return passkey.pin_version == card.pin_version and card.status in MAY_LOG_IN and card.member_id is not None


def passkeys_of_member(member_id: int) -> list[Passkey]:
    """Those of her passkeys that open something, on any of her cards, the latest first. One query."""
    found = Passkey.objects.select_related("card").filter(
        card__member_id=member_id, pin_version=F("card__pin_version"), card__status__in=MAY_LOG_IN
    )
    return list(found.order_by("-made_at", "-id"))


def _open() -> QuerySet[CardSession]:
    return CardSession.objects.filter(
        ended_at__isnull=True, pin_version=F("card__pin_version"), card__status__in=MAY_LOG_IN
    )
