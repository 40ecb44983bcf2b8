"""Passwords are hashed within the host's bound; one that could not be hashed is neither right nor wrong."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.hashers import check_password, identify_hasher, make_password

from kernel import passwords
from kernel.slots import Busy, Slots, hashing_slots, password_slots

PASSWORD = "qing-shan-2026"
# As Django hashes by itself: what stands in databases that are older than the bound.
OF_EIGHT_LANES = "argon2$argon2id$v=19$m=102400,t=2,p=8$"


def test_a_password_is_hashed_and_checked_in_a_slot(monkeypatch: pytest.MonkeyPatch) -> None:
    taken: list[Slots] = []
    run: Callable[..., Any] = Slots.run
    monkeypatch.setattr(Slots, "run", lambda slots, work: (taken.append(slots), run(slots, work))[1])
    stored = make_password(PASSWORD)
    assert stored.startswith("argon2$argon2id$v=19$m=19456,t=2,p=1$")
    assert check_password(PASSWORD, stored)
    assert not check_password("wrong", stored)
    assert taken == [password_slots()] * 3


def test_pins_and_passwords_do_not_take_each_others_slots() -> None:
    assert password_slots() is not hashing_slots()
    assert set(password_slots()._files).isdisjoint(hashing_slots()._files)


def test_a_hash_of_before_the_bound_is_still_right_and_is_made_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords.BoundedArgon2PasswordHasher, "parallelism", 8)
    monkeypatch.setattr(passwords.BoundedArgon2PasswordHasher, "memory_cost", 102_400)
    old = make_password(PASSWORD)
    monkeypatch.undo()
    assert old.startswith(OF_EIGHT_LANES)
    better: list[str] = []
    assert check_password(PASSWORD, old, setter=better.append)
    assert better == [PASSWORD]
    assert identify_hasher(old).must_update(old)


def test_when_the_slots_stay_taken_nothing_is_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    stored = make_password(PASSWORD)

    def busy(*_: Any) -> None:
        raise Busy

    monkeypatch.setattr(Slots, "run", busy)
    with pytest.raises(Busy):
        check_password(PASSWORD, stored)
    with pytest.raises(Busy):
        make_password(PASSWORD)
