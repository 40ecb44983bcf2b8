"""Work that comes at the same time, done together: what a batch costs once, many who ask at once pay once.

Nobody waits for company. Who finds nothing under way begins at once, alone; who comes meanwhile is in the next batch,
which begins when the one before it ends. So an idle program is as fast as without, and the more come, the larger the
batches.
"""

import threading
from collections.abc import Callable, Sequence
from typing import Final, Generic, TypeVar

Work = TypeVar("Work")
Result = TypeVar("Result")

MOST_TOGETHER: Final = 64
PATIENCE_S: Final = 0.05


class _Entry(Generic[Work, Result]):
    """One caller's work, and what became of it."""

    __slots__ = ("alone", "called", "leads", "result", "work")

    def __init__(self, work: Work) -> None:
        self.work = work
        self.called = threading.Event()
        self.leads = False
        """It is this caller's turn to begin the next batch."""
        self.alone = False
        """The batch failed: each does its own."""
        self.result: Result


class _Lane(Generic[Work, Result]):
    """The callers of one name."""

    __slots__ = ("leaders", "waiting")

    def __init__(self) -> None:
        self.leaders = 1
        self.waiting: list[_Entry[Work, Result]] = []


class Gathering(Generic[Work, Result]):
    """Calls of ``do`` under one name, from many threads, as few calls of ``act(name, works)``.

    ``act`` gives one result for each work, in order, and is called by one of the callers' own threads. When it raises
    for a batch, it is called again for each caller's work by itself, so it must be safe to repeat, and an error
    reaches only whose work it is. A batch that is held up holds up those in it and, for at most ``patience_s``, those
    who wait for the next one.
    """

    def __init__(
        self,
        act: Callable[[str, Sequence[Work]], Sequence[Result]],
        *,
        most: int = MOST_TOGETHER,
        patience_s: float = PATIENCE_S,
    ) -> None:
        self._act, self._most, self._patience_s = act, most, patience_s
        self._lanes: dict[str, _Lane[Work, Result]] = {}
        self._lock = threading.Lock()

    def do(self, name: str, work: Work) -> Result:
        """Have the work done, with whatever else is asked for under this name just now; its result."""
        entry = _Entry[Work, Result](work)
        batch = self._join(name, entry)
        if batch is None and not entry.called.wait(self._patience_s):
            batch = self._overtake(name, entry)
            if batch is None:
                entry.called.wait()
        if entry.leads:
            batch = self._next_batch(name, entry)
        if batch is not None:
            self._lead(name, batch)
        if entry.alone:
            (entry.result,) = self._act(name, [work])
        return entry.result

    def _join(self, name: str, entry: _Entry[Work, Result]) -> list[_Entry[Work, Result]] | None:
        """The batch to begin with at once, where nothing is under way; else wait among the others."""
        with self._lock:
            lane = self._lanes.get(name)
            if lane is None:
                self._lanes[name] = _Lane()
                return [entry]
            lane.waiting.append(entry)
            return None

    def _overtake(self, name: str, entry: _Entry[Work, Result]) -> list[_Entry[Work, Result]] | None:
        """After waiting in vain: those who wait, as a batch beside the one that is held up."""
        with self._lock:
            lane = self._lanes.get(name)
            if lane is None or entry not in lane.waiting:
                return None
            lane.leaders += 1
            return self._taken(lane, entry)

    def _next_batch(self, name: str, entry: _Entry[Work, Result]) -> list[_Entry[Work, Result]]:
        with self._lock:
            return self._taken(self._lanes[name], entry)

    def _taken(self, lane: _Lane[Work, Result], entry: _Entry[Work, Result]) -> list[_Entry[Work, Result]]:
        others = [waiting for waiting in lane.waiting if waiting is not entry]
        batch, lane.waiting = [entry, *others[: self._most - 1]], others[self._most - 1 :]
        return batch

    def _lead(self, name: str, batch: list[_Entry[Work, Result]]) -> None:
        try:
            results = self._act(name, [entry.work for entry in batch])
            for entry, result in zip(batch, results, strict=True):
                entry.result = result
        except Exception:
            if len(batch) == 1:
                raise
            for entry in batch:
                entry.alone = True
        finally:
            self._pass_on(name)
            for entry in batch[1:]:
                entry.called.set()

    def _pass_on(self, name: str) -> None:
        """Let whoever waits longest begin the next batch."""
        with self._lock:
            lane = self._lanes[name]
            if lane.waiting:
                following = lane.waiting.pop(0)
                following.leads = True
                following.called.set()
                return
            lane.leaders -= 1
            if not lane.leaders:
                del self._lanes[name]
