"""The proof's length: short by default, ``KAYUN_PROOF_MINUTES=30`` for as long as one likes."""

import os
import time
from collections.abc import Callable, Iterator

import pytest

from tenants.chains.models import Chain
from tests.membership.conftest import store_id
from tests.proof.machine import BEGIN
from tests.proof.world import World

__all__ = ["store_id"]

Rounds = Callable[[int], Iterator[int]]


@pytest.fixture
def world(chain: Chain, store_id: int) -> World:
    """A chain to play in."""
    return World(chain, store_id, BEGIN)


@pytest.fixture
def rounds() -> Rounds:
    """``for seed in rounds(1): …``: that many, with the same seeds each time; in a long run, new ones until its end."""
    minutes = float(os.environ.get("KAYUN_PROOF_MINUTES", "0"))

    def count(short: int) -> Iterator[int]:
        yield from range(short)
        seed, end = time.time_ns(), time.monotonic() + minutes * 60
        while time.monotonic() < end:
            seed += 1
            yield seed

    return count
