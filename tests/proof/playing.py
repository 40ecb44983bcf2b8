"""One round of the stateful model, and what it reached."""

import os
import random
from collections import Counter
from collections.abc import Mapping

from hypothesis import HealthCheck, Phase, settings
from hypothesis import seed as seeded
from hypothesis.stateful import run_state_machine_as_test

from tests.proof.acts import ALSO, PLAYED
from tests.proof.driving import DONE
from tests.proof.ends import PlayAll
from tests.proof.world import World

EXAMPLES, STEPS = 4, 15
Reached = Mapping[tuple[str, str], int]


def play(world: World, *, seed: int, examples: int = EXAMPLES, steps: int = STEPS) -> None:
    """Play so many random sequences of so many acts in this world; raises what the first one found wrong.

    ``KAYUN_PROOF_SHRINK=1`` makes that as short as can be, which takes minutes.
    """
    chosen = seeded(random.Random(seed).getrandbits(32))  # noqa: S311
    phases = (Phase.explicit, Phase.generate, *([Phase.shrink] if os.environ.get("KAYUN_PROOF_SHRINK") else []))
    how = settings(
        max_examples=examples,
        stateful_step_count=steps,
        deadline=None,
        database=None,
        report_multiple_bugs=False,
        print_blob=False,
        suppress_health_check=list(HealthCheck),
        phases=phases,
    )
    played = type("Played", (PlayAll,), {"world": world})
    run_state_machine_as_test(chosen(played), settings=how)


def missing(reached: Reached) -> set[str]:
    """The acts that were never really done."""
    done = {act if end == DONE else f"{act}: {end}" for act, end in reached}
    return {*PLAYED.values(), *ALSO} - done


def report(reached: Reached) -> str:
    """How often each act ended in which way, an act a line."""
    acts: dict[str, Counter[str]] = {}
    for (act, end), count in reached.items():
        acts.setdefault(act, Counter())[end] += count
    lines = []
    for act, ends in sorted(acts.items()):
        lines.append(f"{act:24} " + ", ".join(f"{end} {count}" for end, count in ends.most_common()))
    return "\n".join(lines)
