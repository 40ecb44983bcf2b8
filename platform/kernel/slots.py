"""A bound on slow hashing, for the whole host: without it a flood of log-ins takes the tills' processor.

A slot is an exclusive ``flock`` on a file, so it is shared by every process of the host and the kernel gives it back
whatever happens to its holder, ``kill -9`` included. The work itself runs in a thread of low priority (on Linux
niceness belongs to the thread), so even a slot in use yields to postings; and after a stranger's work the slot rests,
because niceness does not share out memory: hashes in a row took a third of the tills' speed.
"""

import fcntl
import itertools
import math
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from functools import cache
from pathlib import Path
from typing import ClassVar, Final, TypeVar

from django.utils.translation import gettext_lazy as _

from kernel.errors import DomainError

T = TypeVar("T")

NICENESS: Final = 15
# Staff who log in open a till: they yield to postings too, but are not kept waiting until the machine is idle.
PASSWORD_NICENESS: Final = 5
WAIT_S: Final = 5.0
PASSWORD_WAIT_S: Final = 15.0
DESK_WAIT_S: Final = 30.0
"""How long staff wait, whose acts are no flood: a slow card at the desk is better than none."""
# Each waiter holds a request thread and its database connection: refuse early rather than let log-ins hold them all.
WAITERS_PER_PROCESS: Final = 2


class Busy(DomainError):
    """All hashing slots stayed taken. Nothing was done; trying again later is safe."""

    code = "busy"
    status = 503
    message = _("此刻要核对或设置的密码太多，请稍等几秒再试。未作任何更改。")
    retry_after_s: ClassVar[int] = 3
    """For the ``Retry-After`` header."""


class Slots:
    """``count`` places on this host, named by files in ``directory``."""

    def __init__(
        self,
        directory: Path,
        count: int,
        *,
        waiters: int = WAITERS_PER_PROCESS,
        wait_s: float = WAIT_S,
        niceness: int = NICENESS,
        rest: float = 0.0,
    ) -> None:
        """``rest``: how long a slot stays empty after a stranger's work, in multiples of the processor time it took."""
        if count < 1:
            raise ValueError("at least one slot")
        directory.mkdir(parents=True, exist_ok=True)
        self._files = [directory / f"slot-{number}" for number in range(count)]
        self._turns = itertools.cycle(self._files)
        self._wait_s, self._rest = wait_s, rest
        self._entrance = threading.BoundedSemaphore(count + waiters)
        self._workers = ThreadPoolExecutor(
            count, thread_name_prefix="hashing", initializer=_lower_own_priority, initargs=(niceness,)
        )

    def full(self) -> bool:
        """Whether ``run`` would refuse now. A hint for who can turn work away early: it may have changed by then."""
        if not self._entrance.acquire(blocking=False):
            return True
        self._entrance.release()
        return False

    def run(self, work: Callable[[], T], *, wait_s: float | None = None) -> T:
        """Do ``work`` in a slot and return its result; what it raises is raised here.

        ``wait_s``: the patience of a caller who is no stranger at the door. He waits that long, or as long as the door
        lets anybody wait if that is longer, beside the places for those who knock. The slots stay as many as they are.

        Raises:
            Busy: too many are waiting already, or no slot came free in time.
        """
        if _patient.get():
            return self._waited(work, math.inf)
        if wait_s is not None:
            return self._waited(work, max(wait_s, self._wait_s))
        if not self._entrance.acquire(blocking=False):
            raise Busy
        try:
            return self._waited(work, self._wait_s, rest=self._rest)
        finally:
            self._entrance.release()

    def _waited(self, work: Callable[[], T], wait_s: float, *, rest: float = 0.0) -> T:
        answer: Future[T] = Future()
        queued = self._workers.submit(self._in_slot, work, time.monotonic() + wait_s, answer, rest)
        try:
            return answer.result(timeout=None if wait_s == math.inf else wait_s)
        except TimeoutError:
            # Still queued: taken back. Already hashing: it ends by itself, its result is dropped.
            queued.cancel()
            raise Busy from None

    def _in_slot(self, work: Callable[[], T], deadline: float, answer: Future[T], rest: float) -> None:
        try:
            with self._held(deadline):
                began = time.thread_time()
                answer.set_result(work())
                # Nobody waits for this but whoever comes next.
                time.sleep(rest * (time.thread_time() - began))
        except BaseException as error:  # noqa: BLE001 - the caller's, raised where he waits
            answer.set_exception(error)

    @contextmanager
    def _held(self, deadline: float) -> Iterator[None]:
        descriptor = self._open_free()
        # Not "or": a process without a standard input is given 0.
        if descriptor is None:
            descriptor = self._open_next()
        try:
            if time.monotonic() >= deadline:
                # Whoever asked has gone.
                raise Busy
            yield
        finally:
            _close(descriptor)

    def _open_free(self) -> int | None:
        """A slot that nobody is in."""
        for path in self._files:
            descriptor = _open(path)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                _close(descriptor)
            else:
                return descriptor
        return None

    def _open_next(self) -> int:
        """A slot that somebody was in. The kernel queues who waits: looking again and again would take the
        interpreter's lock hundreds of times a second, in a thread that seldom gets the processor to give it back.
        """
        descriptor = _open(next(self._turns))
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        return descriptor


_patient: Final[ContextVar[bool]] = ContextVar("patient", default=False)


@contextmanager
def patiently() -> Iterator[None]:
    """Within it no hash is ever refused: for a program that nobody waits for, and that holds up nobody."""
    token = _patient.set(True)
    try:
        yield
    finally:
        _patient.reset(token)


def _lower_own_priority(niceness: int) -> None:
    if sys.platform == "linux":
        # Lowering needs no right; where even that is forbidden (a strict sandbox) the bound still holds.
        with suppress(PermissionError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), niceness)


@cache
def hashing_slots() -> Slots:
    """This process's door to the host's slots for members' PINs, as the settings name them."""
    from django.conf import settings

    return Slots(
        Path(settings.HASHING_SLOTS_DIR),
        settings.HASHING_SLOTS,
        wait_s=settings.HASHING_WAIT_S,
        rest=settings.HASHING_REST,
    )


@cache
def password_slots() -> Slots:
    """The same for the passwords of staff and owners: slots of their own, so that a flood of PINs at the members' door
    keeps no cashier from the till.
    """
    from django.conf import settings

    directory = Path(settings.HASHING_SLOTS_DIR) / "passwords"
    wait_s = max(settings.HASHING_WAIT_S, PASSWORD_WAIT_S)
    return Slots(directory, settings.HASHING_SLOTS, wait_s=wait_s, niceness=PASSWORD_NICENESS)


# A child forked in the middle of a hash would share its parent's lock and keep the slot taken after the parent's end.
_open_descriptors: set[int] = set()


def _open(path: Path) -> int:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    _open_descriptors.add(descriptor)
    return descriptor


def _close(descriptor: int) -> None:
    _open_descriptors.discard(descriptor)
    os.close(descriptor)


def _start_afresh_in_child() -> None:
    for descriptor in _open_descriptors:
        with suppress(OSError):
            os.close(descriptor)
    _open_descriptors.clear()
    hashing_slots.cache_clear()
    password_slots.cache_clear()


os.register_at_fork(after_in_child=_start_afresh_in_child)
