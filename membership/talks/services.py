"""Writing to each other. Each requires a transaction of the chain."""

from django.db.models import F
from django.utils.translation import gettext_lazy as _

from kernel import clock
from kernel.errors import DomainError
from membership.members.errors import MemberErased
from membership.members.models import Member
from membership.talks.domain import A_DAY, AN_HOUR, DAY, HOUR, LONGEST, tidy_text
from membership.talks.locks import lock_thread_of, make_thread
from membership.talks.models import Message, Thread
from tenants.audit.services import record
from tenants.people.domain import Act, Actor, require


class MessageEmpty(DomainError):
    """Nothing was written."""

    code = "message_empty"
    status = 400
    message = _("请填写消息内容。")


class MessageTooLong(DomainError):
    """More than one message holds."""

    code = "message_too_long"
    status = 400
    message = _("消息最多 {longest} 个字，请删减或分几条发送。")


class TooManyMessages(DomainError):
    """She wrote many in a short time."""

    code = "too_many_messages"
    status = 429
    message = _("您发送的消息太多，请稍后再试。急事请直接致电或到门店。")


def write(*, member: Member, text: str) -> Message:
    """A member writes to the shop. The same words sent twice in a row, unanswered, are one message.

    Raises:
        MessageEmpty, MessageTooLong, TooManyMessages, MemberErased
    """
    text = _checked(text)
    if member.erased_at is not None:
        raise MemberErased(member_code=member.code)
    now = clock.now()
    thread = make_thread(member.pk, now)
    last = Message.objects.filter(thread=thread).order_by("-id").first()
    if last is not None and last.from_member and last.text == text:
        return last
    hers = Message.objects.filter(thread=thread, from_member=True)
    if hers.filter(at__gt=now - HOUR).count() >= AN_HOUR or hers.filter(at__gt=now - DAY).count() >= A_DAY:
        raise TooManyMessages
    written = Message.objects.create(
        thread=thread, from_member=True, text=text, at=now, actor=f"member:{member.pk}", actor_name=member.name
    )
    thread.last_at, thread.waiting_since = now, thread.waiting_since or now
    thread.desk_unread += 1
    thread.save(update_fields=["last_at", "waiting_since", "desk_unread"])
    return written


def answer(*, actor: Actor, member: Member, text: str, store_id: int) -> Message:
    """The shop writes to a member, whether or not she wrote before; what waited is answered.

    Raises:
        NotAllowed, MessageEmpty, MessageTooLong, MemberErased
    """
    require(actor, Act.MEMBER_CREATE, store_id=store_id)
    text = _checked(text)
    if member.erased_at is not None:
        raise MemberErased(member_code=member.code)
    now = clock.now()
    thread = make_thread(member.pk, now)
    written = Message.objects.create(
        thread=thread, from_member=False, text=text, at=now, actor=str(actor), actor_name=actor.name
    )
    Thread.objects.filter(pk=thread.pk).update(
        last_at=now, waiting_since=None, desk_unread=0, member_unread=F("member_unread") + 1
    )
    # What was written is in the thread; the trail says that, and by whom.
    record(actor, "message.answer", object_type="member", object_id=member.code, store_id=store_id)
    return written


def needs_no_answer(*, actor: Actor, member: Member, store_id: int) -> None:
    """What she wrote is read, and wants no answer. Said twice, it changes nothing.

    Raises:
        NotAllowed
    """
    require(actor, Act.MEMBER_CREATE, store_id=store_id)
    thread = lock_thread_of(member.pk)
    if thread is None or thread.waiting_since is None:
        return
    Thread.objects.filter(pk=thread.pk).update(waiting_since=None, desk_unread=0)
    record(actor, "message.read", object_type="member", object_id=member.code, store_id=store_id)


def note_seen(*, member: Member) -> None:
    """She has the shop's messages before her."""
    Thread.objects.filter(member=member, member_unread__gt=0).update(member_unread=0)


def _checked(text: str) -> str:
    text = tidy_text(text)
    if not text:
        raise MessageEmpty
    if len(text) > LONGEST:
        raise MessageTooLong(longest=LONGEST)
    return text
