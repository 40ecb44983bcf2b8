"""The one row lock of this app: a thread. Whoever writes holds it: the counts on it stay true."""

from datetime import datetime

from membership.talks.models import Thread


def make_thread(member_id: int, now: datetime) -> Thread:
    """The member's thread, locked; made when there is none."""
    Thread.objects.bulk_create([Thread(member_id=member_id, last_at=now)], ignore_conflicts=True)
    return Thread.objects.select_for_update(no_key=True).get(member_id=member_id)


def lock_thread_of(member_id: int) -> Thread | None:
    """The member's thread, locked, if there is one."""
    return Thread.objects.select_for_update(no_key=True).filter(member_id=member_id).first()
