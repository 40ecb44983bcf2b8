"""The model notices every fault that is put into the program."""

import os
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

import pytest
from django.db import DatabaseError
from hypothesis.errors import Flaky

from tests.proof.faults import CHEAP, FAULTS
from tests.proof.playing import play
from tests.proof.world import World

_ROUNDS = 3


def _chosen(asked: str) -> Iterable[str]:
    """``all``, a piece of all as ``2/6``, or one by its name; nothing: the cheap ones."""
    if not asked or asked == "all":
        return FAULTS if asked else CHEAP
    if "/" not in asked:
        return [asked]
    piece, pieces = map(int, asked.split("/"))
    return list(FAULTS)[piece - 1 :: pieces]


@contextmanager
def _with(fault: str) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        FAULTS[fault](patch)
        yield


def _noticed_after_s(new_world: Callable[[], World], fault: str) -> float | None:
    """The seconds until the model contradicts the program; None when it never did."""
    began = time.monotonic()
    for seed in range(_ROUNDS):
        world = new_world()
        with _with(fault):
            try:
                play(world, seed=seed)
            except (AssertionError, DatabaseError, Flaky):
                # The model differs, or a constraint stood in the way; anything else would be the fault's own mistake.
                return time.monotonic() - began
    return None


@pytest.mark.parametrize("fault", _chosen(os.environ.get("KAYUN_PROOF_FAULTS", "")))
def test_it_notices(new_world: Callable[[], World], fault: str, record_property: Callable[[str, object], None]) -> None:
    """Without the fault the same seeds find nothing: ``test_machine`` plays them."""
    after_s = _noticed_after_s(new_world, fault)
    assert after_s is not None, f"nobody noticed that {fault}"
    record_property("noticed_after_s", round(after_s, 1))
