"""Telling the product what happened, as Stripe does: signed, to its real address, and not always well."""

import json
import urllib.error
import urllib.request
from collections.abc import Callable
from datetime import timedelta
from typing import Final

import stripe
from django.conf import settings

from billing.simulator import server, store
from billing.simulator.models import SimulatedEvent
from kernel import clock
from kernel.db import in_public

Post = Callable[[bytes, str], bool]
"""Sends a body with its signature; whether it was taken."""

WEBHOOK_PATH: Final = "/api/webhooks/stripe/"
_TRIES: Final = 6
_BATCH: Final = 100
_TIMEOUT_S: Final = 10


def deliver_due(post: Post | None = None) -> int:
    """Send every event whose time has come, with the faults that are switched on; how many were sent. Opens its own
    transactions: nothing is sent inside one.
    """
    send = post or post_over_http
    now = clock.now()
    with in_public():
        faults = store.switches()
        due = SimulatedEvent.objects.filter(settled=False, created_at__lte=now - timedelta(seconds=faults.delay_s))
        events = list(due.filter(due_at__lte=now).order_by("pk")[:_BATCH])
    if faults.reorder:
        events.reverse()
    for event in events:
        taken = faults.lose or send(*_signed(event))
        if taken and faults.duplicate and not faults.lose:
            send(*_signed(event))
        _note(event, settled=taken)
    return len(events)


def post_over_http(body: bytes, signature: str) -> bool:
    """To the product's own address, over this machine's network."""
    headers = {"Content-Type": "application/json", "Stripe-Signature": signature}
    request = urllib.request.Request(settings.SIMULATOR_BASE_URL + WEBHOOK_PATH, body, headers)  # noqa: S310 (ours)
    try:
        with urllib.request.urlopen(request, timeout=_TIMEOUT_S) as answer:  # noqa: S310
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def _signed(event: SimulatedEvent) -> tuple[bytes, str]:
    body = json.dumps(server.event_body(event), ensure_ascii=False)
    # By the machine's clock, as whoever checks it does.
    return body.encode(), stripe.WebhookSignature.generate_signature_header(body, settings.PAYMENTS["webhook_secret"])


def _note(event: SimulatedEvent, *, settled: bool) -> None:
    tries = event.tries + 1
    with in_public():
        SimulatedEvent.objects.filter(pk=event.pk).update(
            tries=tries, settled=settled or tries >= _TRIES, due_at=clock.now() + timedelta(seconds=10) * 2**tries
        )
