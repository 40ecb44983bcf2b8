"""A process that is doing acts is killed outright, at any moment; asking again under the same keys finishes them."""

import multiprocessing
import os
import random
import signal
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from django.db import connections

from kernel.clock import now
from kernel.errors import DomainError
from membership.cards.models import Card
from membership.cashier.fast import Consumption, consume_many
from membership.records.models import Record
from tests.proof.conftest import Rounds
from tests.proof.plans import PLAN, take, whole
from tests.proof.playing import missing
from tests.proof.world import World

_ACTS = 60


@dataclass(frozen=True, slots=True)
class _Act:
    """One act of the plan, with the key under which it is asked for, and asked again."""

    name: str
    number: str
    amount: int
    key: str


@pytest.fixture
def two_cards(world: World) -> list[str]:
    numbers = [world.make_card() for _ in range(2)]
    for number in numbers:
        assert world.issue(number, activate=True) is None
        assert world.top_up(number, 100_000, 10_000, key=world.key())[1] is None
    return numbers


def _plan(numbers: list[str], seed: int) -> list[_Act]:
    """Acts of which none will be refused, in whatever order they happen: the cards hold enough and have room."""
    chance = random.Random(seed)  # noqa: S311
    names = chance.choices(["consume", "fast", "top_up"], weights=[3, 2, 2], k=_ACTS)
    return [
        _Act(name, chance.choice(numbers), chance.randrange(1, 300), f"plan-{seed}-{place}")
        for place, name in enumerate(names)
    ]


def _do(world: World, act: _Act) -> Any:
    if act.name == "consume":
        receipt, code = world.consume(act.number, act.amount, key=act.key)
    elif act.name == "top_up":
        receipt, code = world.top_up(act.number, act.amount, act.amount // 10, key=act.key)
    else:
        asked = Consumption(world.clerk, act.number, act.amount, act.key, now(), world.store_id)
        answer = consume_many([asked], schema=world.chain.schema_name)[0]
        receipt, code = (None, answer.code) if isinstance(answer, DomainError) else (answer, None)
    assert code is None, code
    return receipt


def _work(world: World, plan: list[_Act], progress: Any) -> None:
    for act in plan:
        _do(world, act)
        progress.value += 1


def _killed(work: Callable[..., None], *args: Any, after_s: float, progress: Any) -> int:
    """Run it in a child process and kill that; how many acts it had been told were done."""
    # The child inherits no connection: it would speak on its parent's.
    connections.close_all()
    child = multiprocessing.get_context("fork").Process(target=work, args=args)
    child.start()
    deadline = time.monotonic() + 30
    began = progress.value
    while progress.value == began and child.is_alive() and time.monotonic() < deadline:
        time.sleep(0.001)
    time.sleep(after_s)
    assert child.pid is not None
    if child.is_alive():
        os.kill(child.pid, signal.SIGKILL)
    child.join(timeout=20)
    return int(progress.value)


def test_what_was_answered_is_there_and_what_was_not_is_whole_or_absent(
    world: World, two_cards: list[str], rounds: Rounds
) -> None:
    chance = random.Random(7)  # noqa: S311
    interrupted = 0
    for seed in rounds(5):
        world.now = now()
        before = world.see(two_cards)
        plan = _plan(two_cards, seed)
        progress = multiprocessing.get_context("fork").Value("i", 0)
        answered = _killed(_work, world, plan, progress, after_s=chance.uniform(0, 0.25), progress=progress)
        interrupted += 0 < answered < len(plan)
        assert world.audit() == []
        receipts = [_do(world, act) for act in plan]
        # Everything answered was kept; at most one more had been committed without its answer arriving.
        replayed = sum(receipt.replayed for receipt in receipts)
        assert answered <= replayed <= answered + 1
        assert all(receipt.replayed for receipt in receipts[:answered])
        _check_sums(world, plan, before)
        assert world.audit() == []
    assert interrupted > 0


def _check_sums(world: World, plan: list[_Act], before: dict[str, Any]) -> None:
    """Each act of the plan happened exactly once."""
    for number, seen in world.see(list(before)).items():
        change = sum(
            act.amount + act.amount // 10 if act.name == "top_up" else -act.amount
            for act in plan
            if act.number == number
        )
        assert seen.balance == before[number].balance + change


def test_every_act_is_whole_or_absent_when_its_process_is_killed(new_world: Callable[[], World]) -> None:
    """All acts there are, in a chain in which nobody is killed and in one in which somebody is all the time: whatever
    the moment, the second stands where the first stood before or after the act that was broken off, and in the end it
    is the same.
    """
    sound, killed = new_world(), new_world()
    stood = [whole(sound)]
    for place in range(len(PLAN)):
        take(sound, PLAN, place)
        stood.append(whole(sound))
    # What the night does is no act of its own here, and points with an end come with a take-over.
    assert {act for act in missing(sound.reached) if not act.startswith("midnight")} <= {"earn"}
    chance = random.Random(11)  # noqa: S311
    # Without a lock, with which its holder might be killed.
    progress = multiprocessing.get_context("fork").Value("i", 0, lock=False)
    done = kills = 0
    while done < len(PLAN):
        done = _killed(_go_on, killed, progress, after_s=chance.uniform(0, 0.12), progress=progress)
        kills += 0 < done < len(PLAN)
        there = whole(killed)
        if done < len(PLAN) and there != stood[done]:
            done += _finished(killed, done, there, stood)
        progress.value = done
    assert kills > 5
    assert whole(killed) == stood[-1]
    assert killed.audit() == []


def _go_on(world: World, progress: Any) -> None:
    for place in range(progress.value, len(PLAN)):
        take(world, PLAN, place)
        progress.value += 1


def _finished(world: World, done: int, there: Mapping[str, Any], stood: Sequence[Mapping[str, Any]]) -> bool:
    """Whether the act that was broken off has happened, wholly."""
    step = PLAN[done]
    if step.in_parts:
        return False
    assert there == stood[done + 1], (done, "neither as before nor as after")
    if step.again:
        take(world, PLAN, done)
        assert whole(world) == there
    return True


def test_midnight_killed_and_run_again_ends_each_lot_once(world: World) -> None:
    numbers = [world.make_card() for _ in range(12)]
    for number in numbers:
        assert world.issue(number, activate=True) is None
        assert world.top_up(number, 1_000, 90, key=world.key())[1] is None
    world.now += timedelta(days=400)
    progress = multiprocessing.get_context("fork").Value("i", 1)
    for delay in (0.0, 0.01, 0.03):
        _killed(world.midnight, after_s=delay, progress=progress)
        assert world.audit() == []
    world.midnight()
    world.midnight()
    assert {seen.balance for seen in world.see(numbers).values()} == {1_000}
    world.look(lambda: _ended_once(numbers))
    assert world.audit() == []


def _ended_once(numbers: list[str]) -> None:
    cards = Card.objects.filter(number__in=numbers).values_list("id", flat=True)
    ended = Record.objects.filter(card_id__in=cards, kind="EXPIRY").values_list("card_id", flat=True)
    assert sorted(ended) == sorted(cards)
