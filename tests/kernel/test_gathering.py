"""Work done together: nobody waits for company, results go to whom they belong, errors harm no other."""

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from kernel.gathering import Gathering


class _Desk:
    """Does works, one batch at a time while ``open`` is clear; remembers the batches."""

    def __init__(self) -> None:
        self.batches: list[tuple[str, list[int]]] = []
        self.begun = threading.Semaphore(0)
        self.open = threading.Event()
        self.open.set()

    def act(self, name: str, works: Sequence[int]) -> list[str]:
        self.batches.append((name, list(works)))
        self.begun.release()
        assert self.open.wait(20)
        if any(work < 0 for work in works):
            raise ValueError(f"{works}")
        return [f"{name}{work}" for work in works]


@pytest.fixture
def desk() -> _Desk:
    return _Desk()


def _wait_for_waiters(gathering: Gathering[int, str], name: str, count: int) -> None:
    pause = threading.Event()
    for _ in range(2000):
        lane = gathering._lanes.get(name)
        if lane is not None and len(lane.waiting) == count:
            return
        pause.wait(0.005)
    raise AssertionError(f"{count} never came to wait")


def test_who_is_alone_is_served_at_once(desk: _Desk) -> None:
    gathering = Gathering(desk.act)
    assert [gathering.do("a", 1), gathering.do("a", 2)] == ["a1", "a2"]
    assert desk.batches == [("a", [1]), ("a", [2])]
    assert not gathering._lanes, "nothing is kept of who was here"


def test_who_comes_meanwhile_is_in_the_next_batch(desk: _Desk) -> None:
    gathering = Gathering(desk.act, patience_s=20)
    desk.open.clear()
    with ThreadPoolExecutor(8) as pool:
        first = pool.submit(gathering.do, "a", 0)
        assert desk.begun.acquire(timeout=20)
        others = [pool.submit(gathering.do, "a", number) for number in range(1, 6)]
        _wait_for_waiters(gathering, "a", 5)
        desk.open.set()
        assert [each.result(20) for each in (first, *others)] == [f"a{number}" for number in range(6)]
    assert [len(works) for _name, works in desk.batches] == [1, 5]
    assert not gathering._lanes


def test_names_do_not_wait_for_each_other(desk: _Desk) -> None:
    gathering = Gathering(desk.act, patience_s=20)
    desk.open.clear()
    with ThreadPoolExecutor(2) as pool:
        asked = [pool.submit(gathering.do, name, 1) for name in "ab"]
        assert desk.begun.acquire(timeout=20)
        assert desk.begun.acquire(timeout=20), "the other one begins although this one is held up"
        desk.open.set()
        assert [each.result(20) for each in asked] == ["a1", "b1"]


def test_a_batch_takes_no_more_than_it_may(desk: _Desk) -> None:
    gathering = Gathering(desk.act, most=2, patience_s=20)
    desk.open.clear()
    with ThreadPoolExecutor(8) as pool:
        first = pool.submit(gathering.do, "a", 0)
        assert desk.begun.acquire(timeout=20)
        others = [pool.submit(gathering.do, "a", number) for number in range(1, 6)]
        _wait_for_waiters(gathering, "a", 5)
        desk.open.set()
        assert {each.result(20) for each in (first, *others)} == {f"a{number}" for number in range(6)}
    assert [len(works) for _name, works in desk.batches] == [1, 2, 2, 1]


def test_nobody_waits_long_for_a_batch_that_is_held_up(desk: _Desk) -> None:
    gathering = Gathering(desk.act, patience_s=0.01)
    desk.open.clear()
    with ThreadPoolExecutor(2) as pool:
        held_up = pool.submit(gathering.do, "a", 1)
        assert desk.begun.acquire(timeout=20)
        other = pool.submit(gathering.do, "a", 2)
        assert desk.begun.acquire(timeout=20), "it overtakes"
        desk.open.set()
        assert (held_up.result(20), other.result(20)) == ("a1", "a2")
    assert not gathering._lanes


def test_an_error_reaches_only_whose_work_it_is(desk: _Desk) -> None:
    gathering = Gathering(desk.act, patience_s=20)
    desk.open.clear()
    with ThreadPoolExecutor(4) as pool:
        first = pool.submit(gathering.do, "a", 0)
        assert desk.begun.acquire(timeout=20)
        others = [pool.submit(gathering.do, "a", number) for number in (1, -2, 3)]
        _wait_for_waiters(gathering, "a", 3)
        desk.open.set()
        assert first.result(20) == "a0"
        assert (others[0].result(20), others[2].result(20)) == ("a1", "a3")
        with pytest.raises(ValueError, match="-2"):
            others[1].result(20)
    assert sorted(desk.batches, key=str)[-1][1] != [], "each was done again by itself"
    assert not gathering._lanes


def test_whoever_fails_alone_fails_once(desk: _Desk) -> None:
    gathering = Gathering(desk.act)
    with pytest.raises(ValueError, match="-1"):
        gathering.do("a", -1)
    assert desk.batches == [("a", [-1])]
    assert gathering.do("a", 1) == "a1"


@pytest.mark.parametrize("patience_s", [0.0, 0.001, 20.0])
def test_many_at_once_each_get_their_own(patience_s: float) -> None:
    done: list[int] = []
    keeping = threading.Lock()

    def act(name: str, works: Sequence[int]) -> list[tuple[str, int]]:
        with keeping:
            done.extend(works)
        return [(name, work) for work in works]

    gathering: Gathering[int, Any] = Gathering(act, most=7, patience_s=patience_s)
    names = [f"{number % 3}" for number in range(600)]
    with ThreadPoolExecutor(24) as pool:
        answers = list(pool.map(gathering.do, names, range(600)))
    assert answers == [(name, number) for number, name in enumerate(names)]
    assert sorted(done) == list(range(600)), "each work was done once"
    assert not gathering._lanes
