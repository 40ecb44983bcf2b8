"""What a measurement gives, and how repeated ones become a ratio."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Plan:
    """How thoroughly to measure."""

    rounds: int
    seconds: float
    full: bool


@dataclass(frozen=True, slots=True)
class Result:
    """One line of the report: ours beside a peer's, both the best of their rounds."""

    path: str
    against: str
    unit: str
    ours: float
    peer: float
    goal: float
    more_is_better: bool = True
    """Whether the goal is a ratio at least this large (rates), or at most this large (times)."""
    note: str = ""

    @property
    def ratio(self) -> float:
        """Ours divided by the peer's."""
        return self.ours / self.peer

    @property
    def met(self) -> bool:
        """Whether the goal is reached."""
        return self.ratio >= self.goal if self.more_is_better else self.ratio <= self.goal


def best_of(
    plan: Plan, contenders: Mapping[str, Callable[[], float]], *, best: Callable[..., float] = max
) -> dict[str, float]:
    """Measure each contender in turn, ``rounds`` times, so that what disturbs one disturbs all."""
    found: dict[str, list[float]] = {name: [] for name in contenders}
    for _round in range(plan.rounds):
        for name, measure in contenders.items():
            found[name].append(measure())
    return {name: best(values) for name, values in found.items()}
