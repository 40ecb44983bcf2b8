"""The chain's day: what ends at midnight in China, in batches, each a transaction of its own.

Broken off anywhere it is simply run again: every batch finds what is left to be done.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from typing import Final

from kernel import clock
from kernel.db import in_chain
from membership.cards.services import expire_cards
from membership.expiry.models import DailyRun
from membership.expiry.services import dormancy, points, telling, validity
from membership.expiry.services.lots import expire_lots
from tenants.audit.services import record
from tenants.people.domain import SYSTEM

RUN: Final = "expiry.run"


def run(schema_name: str) -> Mapping[str, int]:
    """Do today's expiry of a chain, or what is left of it; what was done, by name. Opens its own transactions."""
    today = clock.today()
    with in_chain(schema_name):
        DailyRun.objects.get_or_create(day=today, defaults={"started_at": clock.now()})
    done: Counter[str] = Counter()
    for step in (_lots, _cards, _settled, _noticed, _ending, _dormant, _told):
        step(schema_name, today, done)
    counts = {name: count for name, count in sorted(done.items()) if count}
    with in_chain(schema_name):
        finished = DailyRun.objects.filter(day=today, finished_at__isnull=True)
        if finished.update(finished_at=clock.now(), counts=counts):
            record(SYSTEM, RUN, object_type="expiry", object_id=today.isoformat(), detail=counts)
    return counts


def _lots(schema_name: str, today: date, done: Counter[str]) -> None:
    account = 0
    while True:
        with in_chain(schema_name):
            ended = expire_lots(moment=clock.now(), after_account=account)
        if ended.last_account is None:
            return
        account = ended.last_account
        done["lots_accounts"] += ended.accounts
        done.update({f"lots_{unit.lower()}": amount for unit, amount in ended.by_unit.items()})


def _settled(schema_name: str, today: date, done: Counter[str]) -> None:
    for step in _batches(schema_name, lambda last: points.settle_notices(today=today, after_notice=last)):
        done.update({"notices_cleared": step.done, "notices_lifted": step.lifted, "points_cleared": step.points})


def _noticed(schema_name: str, today: date, done: Counter[str]) -> None:
    for step in _batches(schema_name, lambda last: points.give_notices(today=today, after_card=last)):
        done["notices_given"] += step.done


def _cards(schema_name: str, today: date, done: Counter[str]) -> None:
    done["cards_expired"] += _until_none(schema_name, lambda: expire_cards(on=today))


def _ending(schema_name: str, today: date, done: Counter[str]) -> None:
    with in_chain(schema_name):
        done["validity_noticed"] += validity.give_notices(today=today)


def _dormant(schema_name: str, today: date, done: Counter[str]) -> None:
    with in_chain(schema_name):
        dormancy.note_reopened()
    done["dormant_settled"] += _until_none(schema_name, lambda: dormancy.freeze_due(today=today))


def _told(schema_name: str, today: date, done: Counter[str]) -> None:
    done["told"] += tell(schema_name)
    with in_chain(schema_name):
        done["told_in_vain"] += telling.hand_back()


def tell(schema_name: str) -> int:
    """Tell every member for whom a notice waits; how many. Opens its own transactions."""
    return _until_none(schema_name, telling.tell_some)


def _until_none(schema_name: str, act: Callable[[], int]) -> int:
    total = 0
    while True:
        with in_chain(schema_name):
            count = act()
        if not count:
            return total
        total += count


def _batches(schema_name: str, act: Callable[[int], points.Step]) -> Iterator[points.Step]:
    last = 0
    while True:
        with in_chain(schema_name):
            step = act(last)
        if step.last is None:
            return
        last = step.last
        yield step
