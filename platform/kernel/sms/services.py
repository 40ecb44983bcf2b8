"""Writing text messages, and delivering them."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.db.models import F

from kernel import clock
from kernel.crypto import decrypt, encrypt
from kernel.db import in_chain
from kernel.sms import carriers
from kernel.sms.models import CONTENT, OutgoingText, TextState
from kernel.tasks import enqueue

ATTEMPTS_MAX: Final = 6
_LEASE: Final = timedelta(minutes=2)
_FIRST_PAUSE: Final = timedelta(seconds=15)  # doubled with every attempt: about eight minutes in all


def offered() -> bool:
    """Whether text messages go anywhere: to a carrier or, on one's own machine, to a page that shows them."""
    return bool(settings.SMS_URL) or settings.MODE != "production"


def carries(template: str) -> bool:
    """Whether this text goes anywhere: some carriers take only those that they have approved."""
    return offered() and (not settings.SMS_URL or carriers.approves(template))


def post(*, phone: str, template: str, params: Mapping[str, str], text: str, useless_at: datetime) -> OutgoingText:
    """Write a message to the chain's outbox, in its transaction. ``phone`` in E.164 form.

    ``template`` names an approved text and ``params`` fill it, for carriers that ask for that; ``text`` is the whole as
    it reads. After ``useless_at`` it is not sent any more.
    """
    (written,) = post_alike(phones=[phone], template=template, params=params, text=text, useless_at=useless_at)
    return written


def post_alike(
    *, phones: Sequence[str], template: str, params: Mapping[str, str], text: str, useless_at: datetime
) -> list[OutgoingText]:
    """As ``post``, the same to each of many; one statement."""
    now = clock.now()
    kept = not settings.SMS_URL and settings.MODE != "production"
    contents = [
        json.dumps({"phone": phone, "params": dict(params), "text": text}, ensure_ascii=False) for phone in phones
    ]
    written = OutgoingText.objects.bulk_create(
        OutgoingText(
            template=template,
            masked=f"{phone[:-8]}****{phone[-4:]}",
            content=encrypt(content, purpose=CONTENT),
            state=TextState.KEPT if kept else TextState.QUEUED,
            created_at=now,
            useless_at=useless_at,
            due_at=now,
        )
        for phone, content in zip(phones, contents, strict=True)
    )
    if not kept:
        enqueue("sms.deliver_due")
    return written


def read(message: OutgoingText) -> dict[str, str]:
    """Number and words of a message that has not ended: ``phone`` and ``text``."""
    content = json.loads(decrypt(message.content, purpose=CONTENT))
    return {"phone": content["phone"], "text": content["text"]}


def deliver_due(schema_name: str) -> int:
    """Deliver what is due in that chain, one by one; how many the carrier took.

    Opens its own transactions: claim, send, mark. No transaction is open while the carrier is spoken to.
    """
    sent = 0
    while (found := _claim_one(schema_name)) is not None:
        message, text = found
        if message.useless_at <= clock.now():
            _end(schema_name, message, TextState.FAILED, error="too late")
            continue
        try:
            carriers.send(text)
        except carriers.Refused as error:
            _end(schema_name, message, TextState.FAILED, error=str(error))
        except carriers.NotTaken as error:
            _put_off(schema_name, message, reason=str(error))
        else:
            _end(schema_name, message, TextState.SENT, sent_at=clock.now(), error="")
            sent += 1
    return sent


def _claim_one(schema_name: str) -> tuple[OutgoingText, carriers.Text] | None:
    now = clock.now()
    with in_chain(schema_name):
        waiting = OutgoingText.objects.filter(state__in=[TextState.QUEUED, TextState.SENDING], due_at__lte=now)
        message = waiting.select_for_update(skip_locked=True).order_by("due_at", "id").first()
        if message is None:
            return None
        message.attempts += 1
        OutgoingText.objects.filter(pk=message.pk).update(
            state=TextState.SENDING, attempts=F("attempts") + 1, due_at=now + _LEASE
        )
        content = json.loads(decrypt(message.content, purpose=CONTENT))
    key = f"{schema_name}.{message.pk}"
    return message, carriers.Text(key=key, template=message.template, **content)


def _put_off(schema_name: str, message: OutgoingText, *, reason: str) -> None:
    if message.attempts >= ATTEMPTS_MAX:
        _end(schema_name, message, TextState.FAILED, error=reason)
        return
    due_at = clock.now() + _FIRST_PAUSE * 2 ** (message.attempts - 1)
    _mark(schema_name, message, state=TextState.QUEUED, error=reason[:200], due_at=due_at)


def _end(schema_name: str, message: OutgoingText, state: TextState, *, error: str, **changes: object) -> None:
    _mark(schema_name, message, state=state, error=error[:200], content="", **changes)


def _mark(schema_name: str, message: OutgoingText, **changes: object) -> None:
    # Only the worker whose claim still stands may say how it ended.
    with in_chain(schema_name):
        claimed = OutgoingText.objects.filter(pk=message.pk, state=TextState.SENDING, attempts=message.attempts)
        claimed.update(**changes)
