"""The demo chain's own software: a till that takes consumptions through the API, as any would, for a month."""

import random
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from django.conf import settings
from django.test import Client

from config.demo import people
from kernel import clock
from kernel.clock import CHINA
from ledger.models import Posting
from membership.cards.models import Card
from tenants.chains.domain import host_of
from tenants.stores.models import Store

DAYS: Final = 30
_SEED: Final = 20_260_311
_HOURS: Final = (8, 9, 10, 11, 12, 14, 15, 16, 17, 18, 19, 20)
_MOST_AT_ONCE: Final = 6
_PRICES_FEN: Final = (500, 1_000, 1_500, 2_000)
"""Water, a vacuum, a drink: small enough that a card pays for them."""


def has_called() -> bool:
    """Whether it has, in the chain at hand."""
    return Posting.objects.filter(actor__startswith="api:").exists()


def cards_with_money(*, now: datetime, count: int = 12) -> list[str]:
    """Cards of the chain at hand that pay for many small things. Nothing else has happened to them while it called, so
    that their records tell one story.
    """
    month = now - timedelta(days=DAYS + 1)
    found = Card.objects.filter(
        status="ACTIVE", type__code="ORDINARY", bound_vehicle=None, stored_account__balance__gt=50_000,
        records__occurred_at__gte=month - timedelta(days=120),
    )  # fmt: skip
    quiet = found.exclude(records__occurred_at__gte=month).distinct()
    return list(quiet.order_by("-pk").values_list("number", flat=True)[:count])


def store_codes() -> list[str]:
    """Where it may be."""
    return list(Store.objects.filter(closed_on=None).order_by("code").values_list("code", flat=True))


def call(*, api_key: str, cards: Sequence[str], stores: Sequence[str], now: datetime) -> int:
    """Send a month of batches, each at its own moment; how many consumptions were accepted. What is refused is not
    counted. Opens no transaction: the API opens its own.
    """
    chance = random.Random(_SEED)  # noqa: S311  (a story, not a secret)
    browser = Client(headers={"host": host_of(people.CHAIN_SLUG, base_domain=settings.BASE_DOMAIN)})
    accepted = 0
    for moment, body in _batches(chance, cards, stores, now):
        with clock.frozen(moment):
            answer = browser.post(
                "/api/v1/consumptions/batch",
                body,
                content_type="application/json",
                headers={"authorization": f"Bearer {api_key}"},
            )
        accepted += answer.json().get("charged_calls", 0)
    return accepted


def _batches(
    chance: random.Random, cards: Sequence[str], stores: Sequence[str], now: datetime
) -> Iterator[tuple[datetime, dict[str, Any]]]:
    for ago in range(DAYS, -1, -1):
        day = (now - timedelta(days=ago)).astimezone(CHINA)
        # More on a Saturday and a Sunday.
        times = chance.randint(2, 3) + (2 if day.weekday() > 4 else 0)
        for number, hour in enumerate(sorted(chance.sample(_HOURS, times))):
            moment = day.replace(hour=hour, minute=chance.randrange(60))
            if moment < now:
                items = [
                    {
                        "card_number": chance.choice(cards),
                        "amount_fen": chance.choice(_PRICES_FEN),
                        "idempotency_key": f"kiosk-{ago}-{number}-{place}",
                    }
                    for place in range(chance.randint(2, _MOST_AT_ONCE))
                ]
                yield moment, {"store_code": chance.choice(stores), "items": items}
