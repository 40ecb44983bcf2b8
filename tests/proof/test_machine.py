"""Random sequences of all acts, one after the other."""

import os
from collections import Counter
from collections.abc import Callable

from tests.proof.conftest import Rounds
from tests.proof.playing import missing, play, report
from tests.proof.world import World

_LEAST, _MOST = 2, 8
"""Rounds of a short run: at least the one, then until every act has been done once, at most the other."""


def test_any_sequence_of_acts_leaves_what_the_model_says(new_world: Callable[[], World], rounds: Rounds) -> None:
    """``KAYUN_PROOF_REPORT=1`` prints which acts were reached, and how often each ended in which way."""
    reached: Counter[tuple[str, str]] = Counter()
    played = 0

    def play_one(seed: int) -> None:
        nonlocal played
        world = new_world()
        play(world, seed=seed)
        reached.update(world.reached)
        played += 1

    for seed in rounds(_LEAST):
        play_one(seed)
    for seed in range(_LEAST, _MOST):
        if not missing(reached):
            break
        play_one(seed)
    if os.environ.get("KAYUN_PROOF_REPORT"):
        print(f"\n{played} rounds\n{report(reached)}")  # noqa: T201
    # A proof in which an act is never done proves nothing of it.
    assert missing(reached) == set()
