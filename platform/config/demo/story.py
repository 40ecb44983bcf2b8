"""What happened in the demo's year: decided by a seeded chance, without a database."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final

from kernel.clock import CHINA
from kernel.money import FEN_PER_YUAN

DAYS: Final = 365
MEMBERS: Final = 120
SECOND_CARDS: Final = 6

# What is bought, its price in yuan, and how often.
_SERVICES: Final = (
    ("标准洗车", (30, 45), 46),
    ("精致洗车", (68, 128), 20),
    ("添加玻璃水", (25, 25), 6),
    ("补胎", (40, 80), 6),
    ("空调清洗", (158, 238), 5),
    ("打蜡", (198, 298), 6),
    ("小保养", (360, 620), 7),
    ("大保养", (880, 1480), 2),
    ("更换雨刮", (98, 188), 2),
)
# Paid and given, in yuan; the better levels fill more at once.
_TOP_UPS: Final = {
    "PLAIN": ((300, 0), (500, 20), (500, 20), (1000, 80)),
    "SILVER": ((500, 20), (1000, 80), (1000, 100)),
    "GOLD": ((1000, 100), (2000, 300), (2000, 300)),
    "DIAMOND": ((2000, 300), (3000, 500)),
}
_LEVELS: Final = ("PLAIN",) * 11 + ("SILVER",) * 6 + ("GOLD",) * 4 + ("DIAMOND",) * 2
_VISITS_A_YEAR: Final = {"PLAIN": (14, 46), "SILVER": (28, 64), "GOLD": (40, 90), "DIAMOND": (60, 110)}


@dataclass(frozen=True, slots=True)
class Issue:
    """A member (by her place) gets a card (by its place among those of its level)."""

    member: int
    level: str
    store: int
    moment: datetime


@dataclass(frozen=True, slots=True)
class Event:
    """Something at a till: a top-up (``paid_fen`` > 0) or a consumption (``spent_fen`` > 0) of a card, by its place."""

    card: int
    store: int
    moment: datetime
    paid_fen: int = 0
    bonus_fen: int = 0
    spent_fen: int = 0
    note: str = ""


@dataclass(frozen=True, slots=True)
class Story:
    """The year: who got a card when, and what followed, in order."""

    issues: list[Issue]
    events: list[Event]


def tell(chance: random.Random, *, until: datetime) -> Story:
    """A year that ends at ``until``, with some washes in its last hour."""
    issues = _issues(chance, until)
    events = [event for card, issue in enumerate(issues) for event in _life(chance, card, issue, until)]
    events += [
        Event(card, store=0, moment=until - timedelta(minutes=8 * card), spent_fen=35 * FEN_PER_YUAN, note="标准洗车")
        for card in range(1, min(7, len(issues)))
    ]
    events.sort(key=lambda event: (event.moment, event.card))
    return Story(issues=issues, events=events)


def batches(events: list[Event], *, size: int = 200) -> Iterator[list[Event]]:
    """The events in order, in batches that can be posted at once: none holds two top-ups of one card."""
    batch: list[Event] = []
    filled: set[int] = set()
    for event in events:
        if len(batch) == size or (event.paid_fen and event.card in filled):
            yield batch
            batch, filled = [], set()
        batch.append(event)
        if event.paid_fen:
            filled.add(event.card)
    if batch:
        yield batch


def _issues(chance: random.Random, until: datetime) -> list[Issue]:
    first_day = until.astimezone(CHINA).date() - timedelta(days=DAYS)

    def later(member: int, days: int) -> Issue:
        return _issue(chance, member, first_day + timedelta(days=days))

    return [
        Issue(member=0, level="GOLD", store=0, moment=_in_business_hours(chance, first_day)),
        # Most were there when the year began; the rest came by and by.
        *(
            later(member, chance.choice((chance.randrange(20), chance.randrange(DAYS - 10))))
            for member in range(1, MEMBERS)
        ),
        *(later(member, chance.randrange(DAYS - 40, DAYS - 10)) for member in range(SECOND_CARDS)),
    ]


def _issue(chance: random.Random, member: int, day: date) -> Issue:
    return Issue(
        member=member,
        level=chance.choice(_LEVELS),
        store=chance.choice((0, 0, 0, 1, 1, 2, 2, 3, 4, 5)),
        moment=_in_business_hours(chance, day),
    )


def _life(chance: random.Random, card: int, issue: Issue, until: datetime) -> Iterator[Event]:
    """What one card saw: a first top-up, then visits, and a top-up whenever a visit found too little."""
    balance = 0
    for moment in [issue.moment + timedelta(minutes=5), *_visits(chance, issue, until)]:
        store = issue.store if chance.random() < 0.8 else chance.randrange(6)
        note, price = _service(chance)
        if balance < price:
            paid, bonus = (yuan * FEN_PER_YUAN for yuan in chance.choice(_TOP_UPS[issue.level]))
            yield Event(card, store, moment - timedelta(minutes=3), paid_fen=paid, bonus_fen=bonus)
            balance += paid + bonus
        if price <= balance and moment > issue.moment + timedelta(minutes=5):
            yield Event(card, store, moment, spent_fen=price, note=note)
            balance -= price


def _visits(chance: random.Random, issue: Issue, until: datetime) -> list[datetime]:
    """Moments in order, each on another day."""
    fewest, most = _VISITS_A_YEAR[issue.level]
    wanted = chance.randint(fewest, most)
    day = issue.moment.astimezone(CHINA).date()
    last = until.astimezone(CHINA).date()
    moments = []
    while (day := day + timedelta(days=max(1, round(chance.expovariate(wanted / DAYS))))) <= last:
        moment = _in_business_hours(chance, day)
        if moment < until:
            moments.append(moment)
    return moments


def _service(chance: random.Random) -> tuple[str, int]:
    note, (least, most), _weight = chance.choices(_SERVICES, [weight for *_, weight in _SERVICES])[0]
    return note, chance.randint(least, most) * FEN_PER_YUAN


def _in_business_hours(chance: random.Random, day: date) -> datetime:
    minutes = chance.randrange(9 * 60, 20 * 60)
    return datetime.combine(day, time(minutes // 60, minutes % 60, chance.randrange(60)), CHINA)
