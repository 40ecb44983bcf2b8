"""The model notices every fault that is put into the program."""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from django.db import DatabaseError
from hypothesis.errors import Flaky

from tests.proof.faults import CHEAP, FAULTS
from tests.proof.playing import play
from tests.proof.world import World

_ROUNDS = 3
_ALL = os.environ.get("KAYUN_PROOF_FAULTS", "")


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


@pytest.mark.parametrize("fault", FAULTS if _ALL == "all" else [_ALL] if _ALL else CHEAP)
def test_it_notices(new_world: Callable[[], World], fault: str, record_property: Callable[[str, object], None]) -> None:
    """Without the fault the same seeds find nothing: ``test_machine`` plays them."""
    after_s = _noticed_after_s(new_world, fault)
    assert after_s is not None, f"nobody noticed that {fault}"
    record_property("noticed_after_s", round(after_s, 1))
