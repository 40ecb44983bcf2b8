"""Random sequences of all acts, one after the other."""

import random

from hypothesis import HealthCheck, Phase, settings
from hypothesis import seed as seeded
from hypothesis.stateful import run_state_machine_as_test

from tests.proof.conftest import Rounds
from tests.proof.lives import LivesModel
from tests.proof.machine import BEGIN
from tests.proof.world import World

_SHORT = settings(
    max_examples=10,
    stateful_step_count=30,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
    phases=(Phase.explicit, Phase.generate, Phase.shrink),
)


def test_any_sequence_of_acts_leaves_what_the_model_says(world: World, rounds: Rounds) -> None:
    LivesModel.world = world
    world.set_up()
    for number in rounds(1):
        world.now = max(world.now, BEGIN)
        chosen = seeded(number if number else random.Random(1).getrandbits(32))  # noqa: S311
        run_state_machine_as_test(chosen(LivesModel), settings=_SHORT)
