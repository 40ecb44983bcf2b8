"""The demo chain's own software: a till that takes consumptions through the API, as any would, for a month."""

import random
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from django.conf import settings
from django.test import Client

from config.demo import corners, people
from kernel import clock
from kernel.clock import CHINA
from kernel.money import Money
from ledger.models import Posting
from membership.cards.models import Card
from membership.cards.services import issue_card
from membership.cashier import services as cashier
from membership.members.models import Member
from tenants.chains.domain import host_of
from tenants.stores.models import Store

DAYS: Final = 30
_SEED: Final = 20_260_311
_HOURS: Final = (8, 9, 10, 11, 12, 14, 15, 16, 17, 18, 19, 20)
_MOST_AT_ONCE: Final = 6
_PRICES_FEN: Final = (500, 1_000, 1_500, 2_000)
"""Water, a vacuum, a drink: small enough that a card pays for them."""
_CARDS: Final = 8
_PAID_FEN: Final = 100_000
_KEY: Final = "demo-kiosk-"


def has_called() -> bool:
    """Whether it has, in the chain at hand."""
    return Posting.objects.filter(actor__startswith="api:").exists()


def open_cards(desk: corners.Desk, *, now: datetime) -> None:
    """Cards on which it takes small amounts for a month: nothing else happens to them, so that their records tell one
    story.
    """
    members = Member.objects.order_by("pk")[8 : 8 + _CARDS]
    with clock.frozen(now - timedelta(days=DAYS + 1)):
        for member, number in zip(members, corners.blanks(_CARDS), strict=False):
            issue_card(actor=desk.service, number=number, member=member, store_id=desk.store_id)
            cashier.top_up(
                actor=desk.owner,
                card_number=number,
                paid=Money(_PAID_FEN),
                store_id=desk.store_id,
                idempotency_key=f"{_KEY}{number}",
            )


def its_cards() -> list[str]:
    """Those cards, in the chain at hand."""
    paid = Posting.objects.filter(kind="TOP_UP", idempotency_key__contains=_KEY).values_list("pk", flat=True)
    return list(
        Card.objects.filter(records__posting_id__in=list(paid)).order_by("number").values_list("number", flat=True)
    )


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
