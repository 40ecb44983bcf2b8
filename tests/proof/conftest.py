"""The proof's length: short by default, ``KAYUN_PROOF_MINUTES=30`` for as long as one likes."""

import itertools
import os
import time
from collections.abc import Callable, Iterator

import pytest

from kernel.db import in_chain
from tenants.chains.models import Chain
from tenants.stores.models import Store
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
def new_world(make_chain: Callable[..., Chain]) -> Callable[[], World]:
    """A chain to play in with its rules set, and another one each time: what was played before costs nothing."""
    serials = itertools.count(1)

    def make() -> World:
        chain = make_chain(f"proof{next(serials)}")
        with in_chain(chain.schema_name):
            store = Store.objects.order_by("pk").values_list("pk", flat=True)[0]
        world = World(chain, store, BEGIN)
        world.set_up()
        return world

    return make


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
