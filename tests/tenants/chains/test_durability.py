"""What was decided is done, whoever dies on the way: with a real worker, a real Valkey, and kills."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from kernel import clock
from kernel.db import ask_all, in_chain, in_public
from kernel.mail.models import MailState, OutgoingMail
from tenants.chains import provisioning, sweeping
from tenants.chains.domain import ChainState
from tenants.chains.models import Chain, SchemaTemplate
from tests import cast
from tests.tenants.chains.test_provisioning import assert_complete, row
from tests.workers import Broker, Workers, valkey, wait_for

LONG_AGO = timedelta(hours=1)


@pytest.fixture
def folder() -> Iterator[Path]:
    """A short one: a socket's path holds a hundred bytes."""
    with tempfile.TemporaryDirectory(prefix="kayun-") as name:
        yield Path(name)


@pytest.fixture
def broker(folder: Path, database: None) -> Iterator[Broker]:
    with valkey(folder) as running:
        yield running


@pytest.fixture
def workers(broker: Broker, folder: Path) -> Iterator[Workers]:
    crew = Workers(broker, folder)
    yield crew
    crew.end()


def age(chain: Chain) -> None:
    """As if nobody had touched it for long."""
    with in_public():
        Chain.objects.filter(pk=chain.pk).update(touched_at=clock.now() - LONG_AGO)


def sweep(which: Callable[[], int]) -> int:
    """As the task does."""
    with in_public():
        return which()


def state(chain: Chain) -> str:
    return row(chain).state


def test_a_kill_between_commit_and_enqueue(broker: Broker, workers: Workers) -> None:
    """The row is committed, the task was never sent: here tasks go to this process's memory, not to the broker."""
    chain = cast.request("yunshan")
    assert broker.waiting() == 0
    age(chain)
    workers.start()
    broker.send("chains.sweep")
    wait_for(lambda: state(chain) == ChainState.ACTIVE)
    assert_complete(chain)


def test_a_flushed_valkey(broker: Broker, workers: Workers) -> None:
    chain = cast.request("yunshan")
    broker.send("chains.provision", chain_id=chain.pk)
    assert broker.waiting() == 1
    with broker.client() as client:
        client.flushall()
    assert broker.waiting() == 0
    workers.start()
    age(chain)
    broker.send("chains.sweep")
    wait_for(lambda: state(chain) == ChainState.ACTIVE)
    assert_complete(chain)


def test_a_worker_killed_at_its_work(broker: Broker, workers: Workers) -> None:
    chain = cast.request("yunshan")
    first = workers.start()
    # It cannot get at the template while we hold it, so it is in the middle of a step when it dies.
    with in_public(using="owner"):
        list(SchemaTemplate.objects.using("owner").select_for_update())
        broker.send("chains.provision", chain_id=chain.pk)
        wait_for(lambda: state(chain) == ChainState.PROVISIONING)
        with provisioning.held(chain.pk) as ours:
            assert not ours
        workers.kill(first)
    assert state(chain) == ChainState.PROVISIONING
    age(chain)
    workers.start()
    broker.send("chains.sweep")
    wait_for(lambda: state(chain) == ChainState.ACTIVE)
    assert_complete(chain)
    assert row(chain).attempts == 2


def test_the_sweeper_finds_what_has_rested(database: None, sent_tasks: list[str]) -> None:
    fresh, tried, closing, done = (cast.request(slug) for slug in ("fresh", "tried", "closing", "done"))
    sent_tasks.clear()
    now = clock.now()
    with in_public():
        Chain.objects.filter(pk=fresh.pk).update(touched_at=now)
        Chain.objects.filter(pk=tried.pk).update(
            touched_at=now - timedelta(seconds=15), attempts=1, state=ChainState.PROVISIONING
        )
        Chain.objects.filter(pk=closing.pk).update(touched_at=now - timedelta(seconds=11), state=ChainState.CLOSING)
        Chain.objects.filter(pk=done.pk).update(touched_at=now - LONG_AGO, state=ChainState.FAILED)
    with clock.frozen(now):
        assert sweep(sweeping.sweep_chains) == 1
    assert sent_tasks == ["chains.close"]
    with clock.frozen(now + timedelta(seconds=6)):
        assert sweep(sweeping.sweep_chains) == 2
    with clock.frozen(now + timedelta(seconds=10)):
        assert sweep(sweeping.sweep_chains) == 3


def test_the_sweeper_finds_mail_in_every_schema(chain: Chain, other_chain: Chain, sent_tasks: list[str]) -> None:
    now = clock.now()
    mail = {
        "recipients": ["a@example.cn"],
        "subject": "s",
        "body": "b",
        "message": b"",
        "created_at": now,
        "due_at": now,
    }
    with in_public():
        OutgoingMail.objects.create(**mail, state=MailState.SENT)
    with in_chain(chain.schema_name):
        OutgoingMail.objects.create(**mail, state=MailState.QUEUED)
    with in_chain(other_chain.schema_name):
        OutgoingMail.objects.create(**{**mail, "due_at": now + LONG_AGO}, state=MailState.QUEUED)
    assert sweep(sweeping.sweep_mail) == 1
    assert sent_tasks == ["mail.deliver_due"]


def test_the_sweeper_asks_many_chains_in_few_statements(
    chain: Chain,
    other_chain: Chain,
    sent_tasks: list[str],
    monkeypatch: pytest.MonkeyPatch,
    django_assert_num_queries: Callable[..., AbstractContextManager[object]],
) -> None:
    """Public and two chains are asked in two statements, each within a savepoint; one more reads which are active."""
    monkeypatch.setattr(sweeping, "ask_all", partial(ask_all, at_once=2))
    with in_public(), django_assert_num_queries(7):
        assert sweeping.sweep_mail() == 0


def test_nothing_is_enqueued_when_nothing_is_left_undone(chain: Chain, sent_tasks: list[str]) -> None:
    sent_tasks.clear()
    with clock.frozen(clock.now() + LONG_AGO):
        assert sweep(sweeping.sweep_chains) == sweep(sweeping.sweep_mail) == 0
    assert sent_tasks == []
