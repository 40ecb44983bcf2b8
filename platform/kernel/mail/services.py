"""Writing the outbox, and emptying it."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Final

from django.conf import settings
from django.core.mail import EmailMessage
from django.db.models import F
from django.utils import translation

from kernel import clock
from kernel.db import in_schema
from kernel.mail import gateway
from kernel.mail.models import MailState, OutgoingMail
from kernel.tasks import enqueue

ATTEMPTS_MAX: Final = 8
_LEASE: Final = timedelta(minutes=10)
_FIRST_PAUSE: Final = timedelta(seconds=30)  # doubled with every attempt: about an hour and a half in all


def post(message: EmailMessage) -> bool:
    """Put a message in the outbox of the schema at hand, in its transaction; whether there was anyone to send it to."""
    if not message.recipients():
        return False
    now = clock.now()
    kept = not settings.SMTP_URL and settings.MODE != "production"
    OutgoingMail.objects.create(
        recipients=message.recipients(),
        subject=str(message.subject),
        body=str(message.body),
        message=message.message().as_bytes(linesep="\r\n"),  # type: ignore[call-arg]  # a SafeMIME message
        state=MailState.KEPT if kept else MailState.QUEUED,
        created_at=now,
        due_at=now,
    )
    if not kept:
        enqueue("mail.deliver_due")
    return True


def post_in_every_language(to: Sequence[str], write: Callable[[], tuple[str, str]]) -> bool:
    """Put one message in the outbox that says the same in every language, the first's subject above; ``write`` gives
    subject and body in the language at hand.
    """
    bodies = []
    for language, _name in settings.LANGUAGES:
        with translation.override(language):
            bodies.append(write()[1])
    with translation.override(settings.LANGUAGE_CODE):
        subject, _body = write()
    return post(EmailMessage(subject=subject, body="\n\n———\n\n".join(bodies), to=list(to)))


def deliver_due(schema_name: str) -> int:
    """Deliver what is due in that schema, one by one; how many the mail server took.

    Opens its own transactions: claim, send, mark. No transaction is open while the mail server is spoken to.
    """
    sent = 0
    while (mail := _claim_one(schema_name)) is not None:
        try:
            gateway.send(recipients=mail.recipients, message=bytes(mail.message))
        except gateway.NotTaken as error:
            _mark_failure(schema_name, mail, reason=str(error))
        else:
            _mark(schema_name, mail, state=MailState.SENT, sent_at=clock.now(), error="")
            sent += 1
    return sent


def _claim_one(schema_name: str) -> OutgoingMail | None:
    now = clock.now()
    with in_schema(schema_name):
        mail = (
            OutgoingMail.objects.filter(state__in=[MailState.QUEUED, MailState.SENDING], due_at__lte=now)
            .select_for_update(skip_locked=True)
            .order_by("due_at", "id")
            .first()
        )
        if mail is None:
            return None
        mail.attempts += 1
        OutgoingMail.objects.filter(pk=mail.pk).update(
            state=MailState.SENDING, attempts=F("attempts") + 1, due_at=now + _LEASE
        )
        return mail


def _mark_failure(schema_name: str, mail: OutgoingMail, *, reason: str) -> None:
    given_up = mail.attempts >= ATTEMPTS_MAX
    _mark(
        schema_name,
        mail,
        state=MailState.FAILED if given_up else MailState.QUEUED,
        error=reason[:200],
        due_at=clock.now() + _FIRST_PAUSE * 2 ** (mail.attempts - 1),
    )


def _mark(schema_name: str, mail: OutgoingMail, **changes: object) -> None:
    # Only the worker whose claim still stands may say how it ended.
    with in_schema(schema_name):
        OutgoingMail.objects.filter(pk=mail.pk, state=MailState.SENDING, attempts=mail.attempts).update(**changes)
