"""Reading what was written."""

from django.db.models import F, OuterRef, QuerySet, Subquery

from membership.talks.models import Message, Thread


def page_of_messages(member_id: int, *, size: int, before: int | None = None) -> list[Message]:
    """The latest ``size`` messages of a member's thread older than ``before`` (a key), the latest first. One query."""
    found = Message.objects.filter(thread__member_id=member_id)
    if before is not None:
        found = found.filter(id__lt=before)
    return list(found.order_by("-id")[:size])


def unread_by_member(member_id: int) -> int:
    """How many of the shop's messages she has not seen."""
    return Thread.objects.filter(member_id=member_id).values_list("member_unread", flat=True).first() or 0


def waiting_threads() -> QuerySet[Thread]:
    """Members who wait for an answer."""
    return Thread.objects.filter(waiting_since__isnull=False)


def page_of_threads(*, only_waiting: bool, size: int, offset: int = 0) -> list[Thread]:
    """Whoever waits, the longest first; or all, the latest first; each with its member and ``last_text``. One query.

    By offset: the list is worked off from its top and moves while it is read.
    """
    found = (
        waiting_threads().order_by("waiting_since", "id")
        if only_waiting
        else Thread.objects.order_by(F("last_at").desc(), "-id")
    )
    last = Message.objects.filter(thread=OuterRef("pk")).order_by("-id").values("text")[:1]
    return list(found.select_related("member").annotate(last_text=Subquery(last))[offset : offset + size])
