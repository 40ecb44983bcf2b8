"""Every act once, in one order that always succeeds: what is killed in the middle is held against the same plan done in
peace. And the whole of a chain, as far as two chains that did the same must be alike.
"""

import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from django.db import connection

from ledger.models import Account, Posting
from membership.cards.models import Card, CardTillPin
from membership.cashier.following import MEMBERS_OWN
from membership.cashier.models import SignedBill
from membership.documents.models import Document
from membership.expiry.models import ClearingNotice, DormantCard
from membership.members.models import Member
from tests.proof.machine import BEGIN
from tests.proof.world import PACKAGE_FEN, World

_A_YEAR, _CLEARED, _FROZEN = 400, 431, 446
"""Days: after which bonuses, packages and a card are over and points are named; points go; and dormant cards freeze."""


@dataclass(frozen=True, slots=True)
class Step:
    """One act. ``again``: it has a key, so asking once more changes nothing. ``in_parts``: it is no single transaction;
    done once more it finishes. ``day``: after the beginning.
    """

    do: Callable[[World], Any]
    again: bool = False
    in_parts: bool = False
    day: int = 0


def take(world: World, plan: "list[Step]", place: int) -> None:
    """Do the step of this place, which is not refused."""
    world.now = BEGIN + timedelta(days=plan[place].day, minutes=place)
    said = plan[place].do(world)
    code = said[1] if isinstance(said, tuple) else said
    assert code is None, (place, code)


def _make(place: int, *, gift: bool = False) -> Step:
    def make(world: World) -> None:
        world.serials = itertools.count(place)
        world.make_card(gift=gift)

    return Step(make)


def _step(name: str, place: int, day: int = 0) -> Step:
    return Step(lambda world: world.step(name, number(world, place)), day=day)


def _keyed(name: str, place: int, *given: Any, key: str, day: int = 0, **named: Any) -> Step:
    return Step(lambda world: getattr(world, name)(number(world, place), *given, key=key, **named), again=True, day=day)


def _of(name: str, of: str, *given: Any, key: str, **named: Any) -> Step:
    """Something about what was done under the key ``of``."""
    return Step(lambda world: getattr(world, name)(record(world, of), *given, key=key, **named), again=True)


def _form(kind: str, world: World) -> str:
    """The newest paper of a kind."""
    return str(world.look(lambda: Document.objects.filter(kind=kind).latest("pk").number))


def number(world: World, place: int) -> str:
    """The number of the card that was made in this place."""
    return str(world.look(lambda: Card.objects.order_by("pk")[place - 1].number))


def record(world: World, key: str) -> UUID:
    """What was done under a key."""
    found = Posting.objects.filter(idempotency_key=f"{world.clerk}|{key}")
    return world.look(lambda: found.values_list("pk", flat=True).get())  # type: ignore[no-any-return]


def _fault(approve: bool) -> list[Step]:
    return [
        Step(lambda world: world.report_fault(record(world, "wrong"))),
        Step(lambda world: world.decide_fault(_form("FAULT", world), approve=approve)),
    ]


_ISSUED = [
    *(_make(place) for place in range(1, 7)),
    _make(7, gift=True),
    Step(lambda world: world.issue(number(world, 1), activate=False)),
    _step("activate_card", 1),
    Step(lambda world: world.issue(number(world, 2), activate=True)),
    Step(lambda world: world.issue(number(world, 3), activate=False, pending=True)),
    _step("confirm_payment", 3),
    _step("activate_card", 3),
    Step(lambda world: world.issue(number(world, 7), holder="", activate=True)),
]
_FILLED = [
    _keyed("top_up", 1, 500, 120, key="first"),
    _keyed("top_up", 1, 60, None, key="by rule"),
    _keyed("top_up", 2, 300, 30, key="second"),
    _keyed("top_up", 3, 45, 3, key="wrong"),
    _keyed("top_up", 7, 30, 0, key="gift"),
    _keyed("prepay", 2, 90, out=False, key="ahead"),
    _keyed("prepay", 2, 20, out=True, key="back"),
]
_SPENT = [
    _keyed("consume", 1, 70, key="bought"),
    _keyed("consume", 1, 80, key="online", by_api=True),
    _keyed("pay", 2, {"stored": 41, "prepayment": 24, "cash": 7, "signed": 50}, "ANY", key="bill"),
    _of("settle", "bill", {"stored": 10, "prepayment": 5, "cash": 8}, key="settled"),
    _keyed("consume", 1, 5, key="late"),
    _of("give_back", "bought", 30, key="returned"),
    _of("reverse", "online", key="undone"),
    _keyed("sell_package", 1, {"stored": PACKAGE_FEN}, key="sold"),
    _keyed("use_package", 1, 3, key="used"),
    _of("reverse", "used", key="unused", package=True),
    _keyed("use_package", 1, 2, key="used again"),
    _keyed("adjust_points", 1, 40, key="given"),
    _keyed("adjust_points", 1, -5, key="taken"),
    _keyed("consume", 1, 15, key="earned"),
    *_fault(approve=False),
    *_fault(approve=True),
]
_STOPPED = [
    _step("report_lost", 1), _step("lift_loss", 1), _step("freeze_card", 1), _step("unfreeze_card", 1),
    Step(lambda world: world.set_locked(number(world, 1), locked=True)),
    Step(lambda world: world.set_locked(number(world, 1), locked=False)),
    *(Step(lambda world: world.try_pin(number(world, 2), right=False)) for _ in range(3)),
    _step("unlock_pin", 2),
    Step(lambda world: world.reset_pin(number(world, 2))),
]  # fmt: skip
_REPLACED = [
    _step("report_lost", 1),
    Step(lambda world: world.succeed("reissue_card", number(world, 1), number(world, 4), fee_from_card=True)),
    Step(lambda world: world.succeed("replace_card", number(world, 4), number(world, 5), fee_from_card=False)),
    _of("reverse", "late", key="passed on"),
    _of("reverse", "earned", key="called home"),
    Step(lambda world: world.make_over(number(world, 3), number(world, 6), holder="new")),
    Step(lambda world: world.merge(number(world, 2), number(world, 5))),
    Step(lambda world: world.adjust_account_expiry(number(world, 2), (BEGIN + timedelta(days=30)).date())),
]
_ENDED = [
    Step(lambda world: world.midnight(), in_parts=True, day=_A_YEAR),
    _step("reactivate_card", 2, day=_A_YEAR),
    Step(lambda world: world.midnight(), in_parts=True, day=_CLEARED),
    _keyed("consume", 7, 30, key="used up", day=_CLEARED),
    _step("collect_card", 7, day=_CLEARED),
    Step(lambda world: world.destroy([number(world, 7)]), day=_CLEARED),
    _step("withdraw_card", 6, day=_CLEARED),
    Step(lambda world: world.erase(number(world, 3)), day=_CLEARED),
    Step(lambda world: world.list_dormant(), day=_CLEARED),
    Step(lambda world: world.give_up_list(_form("DORMANCY", world)), day=_CLEARED),
    Step(lambda world: world.list_dormant(), day=_CLEARED),
    Step(lambda world: world.midnight(), in_parts=True, day=_FROZEN),
    Step(lambda world: world.reopen(number(world, 5)), day=_FROZEN),
]
PLAN: Final = [*_ISSUED, *_FILLED, *_SPENT, *_STOPPED, *_REPLACED, *_ENDED]


def whole(world: World) -> Mapping[str, Any]:
    """Everything that two chains have alike in which the same was done: how many rows each table holds, and what those
    say that change. Cards go by their numbers, members by the order in which they came: an act that was broken off has
    used up keys.
    """
    numbers = world.look(lambda: list(Card.objects.order_by("pk").values_list("number", flat=True)))
    return {"cards": world.see(numbers), **world.look(_rows)}


def _rows() -> dict[str, Any]:
    cards = dict(Card.objects.values_list("pk", "number"))
    members = {pk: place for place, pk in enumerate(Member.objects.order_by("pk").values_list("pk", flat=True))}
    validity = Card.objects.values_list("number", "valid_until", "account_valid_until", "payment_pending", "member_id")
    accounts = Account.objects.values_list("kind", "holder_id", "balance", "version")
    merged = Member.objects.order_by("pk").values_list("merged_into_id", "erased_at")
    tries = CardTillPin.objects.values_list("card_id", "failures")
    dormant = DormantCard.objects.order_by("pk").values_list("card_id", "state")
    notices = ClearingNotice.objects.order_by("pk").values_list("card_id", "clears_on", "state")
    return {
        "rows": _counts(),
        "validity": [(*said, members.get(holder)) for *said, holder in validity.order_by("number")],
        "accounts": sorted(
            (kind, str((members if kind in MEMBERS_OWN else cards)[holder]), balance, version)
            for kind, holder, balance, version in accounts
        ),
        "bills": list(SignedBill.objects.order_by("pk").values_list("amount_fen", "settled_fen", "relieved_fen")),
        "papers": list(Document.objects.order_by("pk").values_list("kind", "state", "version")),
        "members": [(members.get(into), erased is None) for into, erased in merged],
        "wrong PINs": sorted((cards[card], failures) for card, failures in tries),
        "dormant": [(cards[card], state) for card, state in dormant],
        "notices": [(cards[card], day, state) for card, day, state in notices],
    }


def _counts() -> dict[str, int]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace"
        )
        names = sorted(name for (name,) in cursor.fetchall())
        cursor.execute(" UNION ALL ".join(f"SELECT '{name}', count(*) FROM {name}" for name in names))
        return dict(cursor.fetchall())
