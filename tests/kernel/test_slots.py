"""The bound on hashing: shared by processes, given back when one is killed, never waited for without end."""

import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from kernel.slots import NICENESS, PASSWORD_NICENESS, Busy, Slots, password_slots, patiently

HOLD = """
import sys, time
from pathlib import Path
sys.path.insert(0, "platform")
from kernel.slots import Slots
def hold():
    print("held", flush=True)
    time.sleep(60)
Slots(Path(sys.argv[1]), 1).run(hold)
"""


def _holder(directory: Path) -> "subprocess.Popen[str]":
    process = subprocess.Popen([sys.executable, "-c", HOLD, str(directory)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def test_the_result_and_the_error_of_the_work_come_back(tmp_path: Path) -> None:
    slots = Slots(tmp_path, 1)
    assert slots.run(lambda: 6 * 7) == 42
    with pytest.raises(ZeroDivisionError):
        slots.run(lambda: 1 // 0)
    assert slots.run(lambda: "still open") == "still open"


def test_the_work_runs_in_a_thread_of_low_priority_and_the_caller_keeps_its_own(tmp_path: Path) -> None:
    own = os.getpriority(os.PRIO_PROCESS, threading.get_native_id())
    inside = Slots(tmp_path, 1).run(lambda: os.getpriority(os.PRIO_PROCESS, threading.get_native_id()))
    assert inside == max(own, NICENESS)
    assert os.getpriority(os.PRIO_PROCESS, threading.get_native_id()) == own


def test_whoever_opens_a_till_yields_less_than_others() -> None:
    own = os.getpriority(os.PRIO_PROCESS, threading.get_native_id())
    inside = password_slots().run(lambda: os.getpriority(os.PRIO_PROCESS, threading.get_native_id()))
    assert inside == max(own, PASSWORD_NICENESS)


def test_a_slot_held_by_another_process_makes_us_wait_and_then_refuse(tmp_path: Path) -> None:
    process = _holder(tmp_path)
    try:
        with pytest.raises(Busy) as refusal:
            Slots(tmp_path, 1, wait_s=0.2).run(lambda: None)
    finally:
        process.kill()
        process.communicate()
    assert (refusal.value.code, refusal.value.status) == ("busy", 503)


def test_a_killed_holder_gives_its_slot_back(tmp_path: Path) -> None:
    process = _holder(tmp_path)
    process.kill()
    process.communicate()
    assert Slots(tmp_path, 1, wait_s=2).run(lambda: "free") == "free"


def test_full_says_so_before_anyone_is_refused(tmp_path: Path) -> None:
    slots, begun, end = Slots(tmp_path, 1, waiters=0), threading.Event(), threading.Event()
    assert not slots.full()

    def work() -> bool:
        begun.set()
        return end.wait(10)

    worker = threading.Thread(target=slots.run, args=(work,))
    worker.start()
    assert begun.wait(10)
    assert slots.full()
    end.set()
    worker.join(10)
    assert not slots.full()


def test_two_doors_of_one_host_never_work_at_once(tmp_path: Path) -> None:
    inside = most = 0
    counting = threading.Lock()

    def work() -> None:
        nonlocal inside, most
        with counting:
            inside += 1
            most = max(most, inside)
        time.sleep(0.02)
        with counting:
            inside -= 1

    doors = [Slots(tmp_path, 1, waiters=9), Slots(tmp_path, 1, waiters=9)]
    callers = [threading.Thread(target=door.run, args=(work,)) for door in doors for _ in range(4)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    assert most == 1


def test_whoever_comes_when_all_places_to_wait_are_taken_is_refused_at_once(tmp_path: Path) -> None:
    slots = Slots(tmp_path, 1, waiters=1, wait_s=5)
    release = threading.Event()
    callers = [threading.Thread(target=slots.run, args=(release.wait,)) for _ in range(2)]
    for caller in callers:
        caller.start()
    time.sleep(0.1)
    began = time.monotonic()
    with pytest.raises(Busy):
        slots.run(lambda: None)
    assert time.monotonic() - began < 1
    release.set()
    for caller in callers:
        caller.join()


def test_staff_wait_longer_beside_the_places_of_the_door_and_are_refused_in_the_end(tmp_path: Path) -> None:
    process = _holder(tmp_path)
    slots = Slots(tmp_path, 1, waiters=0, wait_s=0.1)
    answers: list[str] = []
    try:
        with pytest.raises(Busy):
            slots.run(lambda: "at once")
        with pytest.raises(Busy):
            slots.run(lambda: "soon", wait_s=0.3)
        desk = threading.Thread(target=lambda: answers.append(slots.run(lambda: "issued", wait_s=30)))
        desk.start()
        time.sleep(0.3)
        assert not slots.full()
        assert not answers
    finally:
        process.kill()
        process.communicate()
    desk.join(30)
    assert answers == ["issued"]


def test_a_program_that_nobody_waits_for_is_never_refused(tmp_path: Path) -> None:
    process = _holder(tmp_path)
    threading.Timer(0.4, process.kill).start()
    with patiently():
        assert Slots(tmp_path, 1, wait_s=0.1).run(lambda: "done") == "done"
    process.communicate()


def test_a_slot_rests_after_a_strangers_work_but_the_answer_does_not_wait_for_it(tmp_path: Path) -> None:
    slots = Slots(tmp_path, 1, rest=4.0)
    began = time.monotonic()
    slots.run(_burn)
    answered = time.monotonic() - began
    slots.run(lambda: None)
    assert time.monotonic() - began > 0.05 + 4 * 0.05
    assert answered < 4 * 0.05


def test_after_the_work_of_staff_it_does_not_rest(tmp_path: Path) -> None:
    slots = Slots(tmp_path, 1, rest=1000.0)
    slots.run(_burn, wait_s=5)
    assert slots.run(lambda: "at once", wait_s=5) == "at once"


def _burn() -> None:
    """Take a twentieth of a second of processor time."""
    until = time.thread_time() + 0.05
    while time.thread_time() < until:
        pass
