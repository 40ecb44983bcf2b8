"""What happens to what was written when members are merged, told or forgotten. Registered when Django starts."""

from typing import Any

from membership.members import merging, rights
from membership.members.models import Member
from membership.talks.locks import lock_thread_of
from membership.talks.models import Message, Thread


@merging.register
def move_thread(merge: merging.Merge) -> dict[str, Any]:
    """What was written under the other code stands in the one thread. The source is locked before the target."""
    source, target = lock_thread_of(merge.source.pk), lock_thread_of(merge.target.pk)
    if source is None:
        return {}
    if target is None:
        Thread.objects.filter(pk=source.pk).update(member=merge.target)
        return {"messages": 1}
    moved = Message.objects.filter(thread=source).update(thread=target)
    waiting = [since for since in (source.waiting_since, target.waiting_since) if since is not None]
    Thread.objects.filter(pk=target.pk).update(
        last_at=max(source.last_at, target.last_at),
        waiting_since=min(waiting, default=None),
        desk_unread=source.desk_unread + target.desk_unread,
        member_unread=source.member_unread + target.member_unread,
    )
    source.delete()
    return {"messages": moved}


@rights.tells
def told_messages(member: Member) -> dict[str, Any]:
    """All that was written, by either side."""
    found = Message.objects.filter(thread__member=member).order_by("pk")
    return {
        "messages": [{"at": each.at.isoformat(), "from_member": each.from_member, "text": each.text} for each in found]
    }


@rights.erases
def forget_messages(member: Member) -> None:
    """The thread goes with her."""
    Thread.objects.filter(member=member).delete()
