"""Token buckets: a burst, then a steady trickle, for each name by itself."""

from kernel.buckets import Buckets


class _Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_a_burst_is_let_through_and_then_a_trickle() -> None:
    clock = _Clock()
    buckets = Buckets(burst=3, per_second=0.5, clock=clock)
    assert [buckets.take("a") for _ in range(4)] == [True, True, True, False]
    clock.now += 1.9
    assert not buckets.take("a")
    clock.now += 0.1
    assert [buckets.take("a") for _ in range(2)] == [True, False]
    clock.now += 3600
    assert [buckets.take("a") for _ in range(4)] == [True, True, True, False]


def test_names_have_buckets_of_their_own() -> None:
    buckets = Buckets(burst=1, per_second=0.001)
    assert buckets.take("a")
    assert not buckets.take("a")
    assert buckets.take("b")


def test_what_is_given_back_can_be_taken_again_but_never_overflows() -> None:
    buckets = Buckets(burst=2, per_second=0.0)
    buckets.give_back("a")
    assert [buckets.take("a") for _ in range(3)] == [True, True, False]
    buckets.give_back("a")
    assert [buckets.take("a") for _ in range(2)] == [True, False]


def test_memory_is_bounded() -> None:
    """Whoever invents addresses empties no memory but the oldest names'."""
    buckets = Buckets(burst=1, per_second=0.0, kept=2)
    assert [buckets.take(name) for name in ("a", "b", "c")] == [True] * 3
    assert buckets.take("a"), "forgotten, so full again"
    assert not buckets.take("c")
