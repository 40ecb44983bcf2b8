"""Behind a pooler in transaction mode: every statement may meet another server session, with another's settings."""

import random
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

import pytest
from django.db import DataError, IntegrityError, ProgrammingError, connection, connections, transaction

from kernel.db import SchemaSwitchInTransaction, in_chain, in_public, selected
from kernel.db.base import DatabaseWrapper
from tenants.chains.models import Chain
from tenants.stores.models import Store
from tests.pooler import through_pooler

THREADS, ROUNDS, SERVERS = 8, 60, 3

Enter = Callable[[str], AbstractContextManager[None]]


@pytest.fixture
def chains(make_chain: Callable[..., Chain]) -> list[str]:
    """Four chains, whose store bears the schema's name."""
    names = [make_chain(slug, name=slug).schema_name for slug in ("east", "south", "west", "north")]
    for name in names:
        with in_chain(name):
            Store.objects.update(name=name)
    return names


@pytest.fixture
def _pooled(chains: list[str]) -> Iterator[None]:
    with through_pooler(servers=SERVERS):
        yield


def read(enter: Enter, name: str) -> str:
    """Whose store is found when ``name`` is chosen."""
    with enter(name):
        found = Store.objects.order_by("pk").values_list("name", flat=True).first()
    return "right" if found == name else "wrong"


def write_and_fail(enter: Enter, name: str) -> str:
    try:
        with enter(name):
            Store.objects.create(code="999", name="must not stay", opened_on="2026-01-01")
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1 / 0")
    except DataError:
        return "failed as it should"
    return "did not fail"


def fail_in_a_savepoint(enter: Enter, name: str) -> str:
    with enter(name):
        try:
            with transaction.atomic():
                Store.objects.create(code="001", name="taken", opened_on="2026-01-01")
        except IntegrityError:
            pass
        found = Store.objects.get(code="001").name
    return "right" if found == name else "wrong"


def switch_within(enter: Enter, name: str) -> str:
    with enter(name):
        Store.objects.count()
        try:
            with in_public():
                Chain.objects.count()
        except SchemaSwitchInTransaction:
            return "right" if Store.objects.get(code="001").name == name else "wrong"
    return "wrong"


def public_between(enter: Enter, name: str) -> str:
    Chain.objects.count()
    return read(enter, name)


def careless_read(enter: Enter, name: str) -> str:
    """A read that may even meet a session where no chain was chosen."""
    try:
        return read(enter, name)
    except ProgrammingError:
        return "wrong"


def play(
    chains: list[str], enter: Enter, scenes: list[Callable[[Enter, str], str]], *, give_back: bool = False
) -> Counter[str]:
    """All threads at once, each with its own dice; with ``give_back`` each scene takes a connection of its own."""
    outcomes: Counter[str] = Counter()
    start = threading.Barrier(THREADS)

    def actor(seed: int) -> None:
        dice = random.Random(seed)  # noqa: S311 - repeatable on purpose
        mine: Counter[str] = Counter()
        start.wait()
        try:
            for _ in range(ROUNDS):
                mine[dice.choice(scenes)(enter, dice.choice(chains))] += 1
                if give_back:
                    connection.close()
        except BaseException as error:
            mine[f"stopped: {error!r}"] += 1
            raise
        finally:
            outcomes.update(mine)
            connections.close_all()

    threads = [threading.Thread(target=actor, args=[seed]) for seed in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes


SCENES = [read, write_and_fail, fail_in_a_savepoint, switch_within, public_between]


@pytest.fixture
def _own_pool(chains: list[str]) -> Iterator[None]:
    """The web's: a pool of psycopg's in the process."""
    connection.close()
    given = connection.settings_dict
    before = {key: given[key] for key in ("CONN_MAX_AGE", "OPTIONS")}
    given.update(CONN_MAX_AGE=0, OPTIONS={**given["OPTIONS"], "pool": {"min_size": 1, "max_size": SERVERS}})
    yield
    connection.close()
    connection.close_pool()
    given.update(before)


@pytest.mark.usefixtures("_own_pool")
def test_connections_of_the_webs_pool_carry_nothing_over(chains: list[str]) -> None:
    outcomes = play(chains, in_chain, SCENES, give_back=True)
    assert set(outcomes) == {"right", "failed as it should"}
    assert outcomes.total() == THREADS * ROUNDS


@pytest.mark.usefixtures("_pooled")
def test_no_read_meets_another_chain(chains: list[str]) -> None:
    outcomes = play(chains, in_chain, SCENES)
    assert outcomes["right"] > 0
    assert outcomes["failed as it should"] > 0
    assert set(outcomes) == {"right", "failed as it should"}
    assert outcomes.total() == THREADS * ROUNDS
    for name in chains:
        with in_chain(name):
            assert list(Store.objects.values_list("code", "name")) == [("001", name)]


@pytest.mark.usefixtures("_pooled")
def test_without_the_guard_reads_do_meet_another_chain(chains: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """The same play with the search path set as django-tenants does: for the session, before each statement."""

    def plain_set(self: DatabaseWrapper) -> None:
        with self.connection.cursor() as cursor:
            cursor.execute(f'SET search_path = "{self.schema_name}", public')

    monkeypatch.setattr(DatabaseWrapper, "before_statement", plain_set)
    outcomes = play(chains, selected, [careless_read])
    assert outcomes["wrong"] > 0, outcomes
