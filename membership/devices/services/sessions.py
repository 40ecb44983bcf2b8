"""Sessions of members: opened by a proof, kept awake by use, ended by whoever they belong to.

No row is locked: a session ends by a conditional update, and whoever reads it afterwards finds it ended.
"""

from kernel import clock
from membership.cards.models import Card
from membership.devices.domain import KEPT, Ending, Way, coarse_place, device_of
from membership.devices.models import CardSession
from tenants.audit.services import record
from tenants.people.domain import Actor


def open_session(*, card: Card, way: Way, user_agent: str, address: str) -> CardSession:
    """Note that a holder has just proved who she is, and from what; what is older than is shown is forgotten."""
    now = clock.now()
    CardSession.objects.filter(card=card, opened_at__lt=now - KEPT).delete()
    return CardSession.objects.create(
        card=card,
        pin_version=card.pin_version,
        way=way,
        device=device_of(user_agent),
        place=coarse_place(address),
        opened_at=now,
        seen_at=now,
    )


def note_use(key: int) -> None:
    """The session is in use: its quarter of an hour begins anew. Asked for once a minute at most."""
    CardSession.objects.filter(pk=key, ended_at__isnull=True).update(seen_at=clock.now())


def leave(key: int) -> None:
    """End a session from within. Said twice, the first stays."""
    CardSession.objects.filter(pk=key, ended_at__isnull=True).update(ended_at=clock.now(), ended_how=Ending.LEFT)


def revoke_session(*, member_id: int, key: int) -> bool:
    """End one of a member's sessions from another of hers; whether it was hers and not ended before."""
    return bool(_revoke(member_id, only=key))


def revoke_others(*, member_id: int, keep: int) -> int:
    """End all of a member's sessions, on any of her cards, but the one she is in; how many."""
    return _revoke(member_id, but=keep)


def _revoke(member_id: int, *, only: int | None = None, but: int | None = None) -> int:
    found = CardSession.objects.filter(card__member_id=member_id, ended_at__isnull=True)
    if only is not None:
        found = found.filter(pk=only)
    if but is not None:
        found = found.exclude(pk=but)
    # By key: an update does not join.
    keys = list(found.values_list("pk", flat=True))
    ended = CardSession.objects.filter(pk__in=keys, ended_at__isnull=True).update(
        ended_at=clock.now(), ended_how=Ending.REVOKED
    )
    if ended:
        actor = Actor(kind="member", id=member_id)
        record(actor, "session.end", object_type="member_session", object_id=only or "", detail={"quantity": ended})
    return ended
