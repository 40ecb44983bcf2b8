"""Reading what members ask for."""

from collections.abc import Collection
from typing import Final

from django.db.models import QuerySet

from membership.requests.domain import HANDLED_BY, RequestKind, RequestState
from membership.requests.models import MemberRequest
from tenants.people.domain import Actor

_MOST_SHOWN: Final = 20


def requests_of_member(member_id: int) -> list[MemberRequest]:
    """What she asked for, on any of her cards, the latest first. One query."""
    found = MemberRequest.objects.select_related("card").filter(card__member_id=member_id)
    return list(found.order_by("-asked_at", "-id")[:_MOST_SHOWN])


def kinds_for(actor: Actor) -> list[str]:
    """The kinds that this person deals with somewhere."""
    return [kind for kind, act in HANDLED_BY.items() if actor.may_somewhere(act)]


def open_requests(kinds: Collection[str]) -> QuerySet[MemberRequest]:
    """What waits, of these kinds."""
    return MemberRequest.objects.filter(state=RequestState.OPEN, kind__in=kinds)


def page_of_requests(
    kinds: Collection[str], *, only_open: bool, size: int, after: int | None = None
) -> list[MemberRequest]:
    """What waits, the longest first; or everything, the latest first. ``after``: the key of the last one seen. One
    query on any page.
    """
    if only_open:
        found = open_requests(kinds).order_by("id")
        found = found.filter(id__gt=after) if after is not None else found
    else:
        found = MemberRequest.objects.filter(kind__in=kinds).order_by("-id")
        found = found.filter(id__lt=after) if after is not None else found
    return list(found.select_related("card__member", "card__level", "card__type", "store")[:size])


def open_transfer_of(card_id: int) -> MemberRequest | None:
    """The transfer that this card's member has asked for and nobody has dealt with."""
    return open_requests([RequestKind.TRANSFER]).filter(card_id=card_id).first()


def request_of(key: int) -> MemberRequest | None:
    """The request with all its page tells of its card."""
    found = MemberRequest.objects.select_related(
        "card__member", "card__level", "card__type", "card__bound_vehicle", "card__stored_account",
        "card__points_account", "store",
    )  # fmt: skip
    return found.filter(pk=key).first()
