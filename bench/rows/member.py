"""The pages members come for, beside a page with nothing on it: the same log-in, the same frame, one line of text."""

import itertools
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from importlib import import_module
from typing import Any, Final

from django.conf import settings

from bench.load import Load, drive, request_bytes
from bench.results import Plan, Result
from bench.seeding import BenchChain, seed_chain
from bench.serving import serving
from kernel import clock
from kernel.db import in_chain, in_public
from kernel.ids import uuid7
from membership.cards.models import Card
from membership.devices.domain import Way
from membership.devices.services.sessions import open_session
from membership.members.models import Member
from membership.records.domain import RecordKind
from membership.records.models import Record
from tenants.chains.models import Chain
from tenants.chains.services import set_entitlements
from tenants.people.domain import SYSTEM
from tenants.stores.services import open_store

MEMBERS: Final = 100
RECORDS_EACH: Final = 60
CLIENTS: Final = 2
GOAL: Final = 0.3
MOST_MS: Final = 25.0
TRIVIAL: Final = "/trivial/"
PAGES: Final = {"balance": "/card/", "records": "/card/records/"}
_OK: Final = 200


def measure(plan: Plan) -> list[Result]:
    """Answers a second, and what ninety-nine of a hundred answers stay within."""
    chain = seed_chain("member", cards=MEMBERS)
    cookies = _members(chain)
    best: dict[str, Load] = {}
    with serving("bench.twin.wsgi:application", settings="bench.twin.settings") as port:
        for number in range(plan.rounds + 1):
            for name, path in {"trivial": TRIVIAL, **PAGES}.items():
                load = drive(port, _requests(chain, path, cookies), connections=CLIENTS, seconds=plan.seconds)
                if number and set(load.statuses) != {_OK}:
                    raise RuntimeError(f"{path}: {dict(load.statuses)}")
                # The first round warms up.
                if number and (name not in best or load.rate(_OK) > best[name].rate(_OK)):
                    best[name] = load
    rates = {name: load.rate(_OK) for name, load in best.items()}
    return [
        result
        for name in PAGES
        for result in (
            Result(
                f"member's {name} page, {CLIENTS} clients",
                "a page with nothing on it",
                "pages/s",
                rates[name],
                rates["trivial"],
                GOAL,
            ),
            Result(
                f"member's {name} page, 99 of 100 answers",
                "the limit",
                "ms",
                best[name].percentile_ms(0.99),
                MOST_MS,
                1.0,
                more_is_better=False,
            ),
        )
    ]


def _requests(chain: BenchChain, path: str, cookies: list[str]) -> Callable[[], bytes]:
    turns: Iterator[bytes] = itertools.cycle(
        [
            request_bytes(path, host=chain.host, headers={"Cookie": cookie, "Accept-Language": "zh-hans"}, method="GET")
            for cookie in cookies
        ]
    )
    return lambda: next(turns)


def _members(chain: BenchChain) -> list[str]:
    """Each card is another member's, with records over months, on plan C of a chain of two stores, logged in."""
    with in_public():
        row = Chain.objects.get(schema_name=chain.schema_name)
        set_entitlements(chain_id=row.pk, plan="C", modules=row.modules)
    with in_chain(chain.schema_name):
        open_store(actor=SYSTEM, code="002", name="二号店", opened_on=clock.today())
        cards = list(Card.objects.order_by("pk"))
        members = Member.objects.bulk_create(
            Member(code=f"B{n}", name="林静", phone=f"+8613900{n:06}", store_id=chain.store_id, created_at=clock.now())
            for n in range(len(cards))
        )
        for card, member in zip(cards, members, strict=True):
            card.member, card.pin_must_change = member, False
        Card.objects.bulk_update(cards, ["member", "pin_must_change"])
        Record.objects.bulk_create(
            [_record(chain, card, number) for card in cards for number in range(RECORDS_EACH)], batch_size=1_000
        )
        return [_session(card) for card in cards]


def _record(chain: BenchChain, card: Card, number: int) -> Record:
    paid = number % 10 == 0
    return Record(
        id=uuid7(),
        card_id=card.pk,
        kind=RecordKind.TOP_UP if paid else RecordKind.CONSUMPTION,
        amount_fen=100_000 if paid else -3_500,
        balance_after_fen=490_000,
        store_id=chain.store_id,
        actor="api:1",
        actor_name="bench",
        occurred_at=clock.now() - timedelta(days=5 * number, minutes=number),
        detail={"note": "标准洗车", "drawn": {"BONUS": 3_500}},
    )


def _session(card: Card) -> str:
    opened = open_session(card=card, way=Way.PIN, user_agent="bench", address="127.0.0.1")
    store: Any = import_module(settings.SESSION_ENGINE).SessionStore()
    store["member"] = {"session": opened.pk, "seen": time.time()}
    store.create()
    return f"{settings.SESSION_COOKIE_NAME}={store.session_key}"
