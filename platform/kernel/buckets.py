"""Token buckets: so many at once, so many a second in the long run, for each name. In this process's memory only."""

import threading
from collections import OrderedDict
from collections.abc import Callable
from time import monotonic
from typing import Final

KEPT: Final = 20_000


class Buckets:
    """A bucket of ``burst`` tokens for each name, refilled at ``per_second``.

    At most ``kept`` names are remembered, the most recent ones; a forgotten one begins with a full bucket again.
    """

    def __init__(
        self, *, burst: int, per_second: float, kept: int = KEPT, clock: Callable[[], float] = monotonic
    ) -> None:
        self._burst, self._per_second, self._kept, self._clock = burst, per_second, kept, clock
        self._levels: OrderedDict[str, tuple[float, float]] = OrderedDict()
        self._lock = threading.Lock()

    def take(self, name: str) -> bool:
        """Take a token from the name's bucket; False when it is empty, and then nothing is taken."""
        with self._lock:
            level = self._level(name)
            self._keep(name, level - 1 if level >= 1 else level)
            return level >= 1

    def give_back(self, name: str) -> None:
        """Put a token back that turned out not to be needed."""
        with self._lock:
            self._keep(name, min(self._level(name) + 1, self._burst))

    def fill(self, name: str) -> None:
        """Forget what was taken from the name's bucket."""
        with self._lock:
            self._levels.pop(name, None)

    def _level(self, name: str) -> float:
        level, at = self._levels.get(name, (float(self._burst), self._clock()))
        return min(level + (self._clock() - at) * self._per_second, self._burst)

    def _keep(self, name: str, level: float) -> None:
        self._levels[name] = (level, self._clock())
        self._levels.move_to_end(name)
        if len(self._levels) > self._kept:
            self._levels.popitem(last=False)
