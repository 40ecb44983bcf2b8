"""A task runs in its own schema, in one transaction, or not at all."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connection, transaction
from kombu.exceptions import OperationalError

from config.celery import app
from kernel import tasks
from kernel.db import TenantSqlOutsideTransaction, in_chain, in_public
from kernel.observability.context import current, work
from kernel.tasks import ChainGone, chain_task, enqueue, public_task, schema_task
from tenants.chains import schemas
from tenants.chains.models import Chain
from tenants.people.models import Role


@pytest.fixture(autouse=True)
def _registry() -> Iterator[None]:
    before = set(app.tasks)
    yield
    for name in set(app.tasks) - before:
        app.tasks.unregister(name)


def roles(schema_name: str) -> list[str]:
    with in_chain(schema_name):
        return list(Role.objects.filter(code__regex=r"^T\d$").values_list("code", flat=True))


def write(code: str, *, fail: bool = False) -> None:
    Role.objects.create(code=code, name=code)
    if fail:
        raise ZeroDivisionError


def test_a_chains_task_runs_in_its_chain(chain: Chain, other_chain: Chain) -> None:
    task = chain_task("tests.write")(write)
    task(schema_name=chain.schema_name, code="T1")
    assert (roles(chain.schema_name), roles(other_chain.schema_name)) == (["T1"], [])
    assert connection.schema_name == "public"  # type: ignore[attr-defined]


def test_a_task_that_fails_leaves_nothing(chain: Chain) -> None:
    task = chain_task("tests.write")(write)
    with pytest.raises(ZeroDivisionError):
        task(schema_name=chain.schema_name, code="T1", fail=True)
    assert roles(chain.schema_name) == []


def test_a_task_of_a_chain_that_is_gone_fails_and_writes_nowhere(chain: Chain) -> None:
    task = chain_task("tests.write")(write)
    schemas.drop(chain.schema_name)
    for name in (chain.schema_name, "c_never_was"):
        with pytest.raises(ChainGone):
            task(schema_name=name, code="T1")
    with in_public():
        assert not Role.objects.exists()


def test_a_chains_task_is_not_run_in_public(database: None) -> None:
    task = chain_task("tests.write")(write)
    with pytest.raises(ValueError, match="public"):
        task(schema_name="public", code="T1")
    with in_public():
        assert not Role.objects.exists()


def test_a_chains_task_says_which(database: None) -> None:
    task = chain_task("tests.write")(write)
    with pytest.raises(ValueError, match="public"):
        task(code="T1")


def test_a_public_task_is_one_transaction(database: None) -> None:
    task = public_task("tests.write")(write)
    task(code="T1")
    with pytest.raises(ZeroDivisionError):
        task(code="T2", fail=True)
    with in_public():
        assert [role.code for role in Role.objects.all()] == ["T1"]


def test_a_task_with_transactions_of_its_own_is_given_none(chain: Chain) -> None:
    seen: list[object] = []

    def look(schema_name: str = "") -> None:
        seen.append((schema_name, connection.in_atomic_block))

    public_task("tests.look", own_transactions=True)(look)()
    schema_task("tests.look too")(look)(schema_name=chain.schema_name)
    assert seen == [("", False), (chain.schema_name, False)]
    with pytest.raises(ChainGone):
        schema_task("tests.look three")(look)(schema_name="c_gone")


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, dict[str, Any]]]:
    calls: list[tuple[str, dict[str, Any]]] = []
    monkeypatch.setattr(tasks.app, "send_task", lambda name, kwargs, **_: calls.append((name, kwargs)))
    return calls


def test_tasks_are_sent_after_commit_with_their_schema(chain: Chain, sent: list[Any]) -> None:
    with work(request_id="r-1"), in_chain(chain.schema_name):
        enqueue("tests.write", code="T1")
        assert sent == []
    assert sent == [("tests.write", {"schema_name": "c_yunshan", "request_id": "r-1", "code": "T1"})]
    json.dumps(sent)


def test_tasks_of_a_transaction_that_is_undone_are_not_sent(chain: Chain, sent: list[Any]) -> None:
    with pytest.raises(ZeroDivisionError), in_chain(chain.schema_name):  # noqa: PT012
        enqueue("tests.write", code="T1")
        write("T1", fail=True)
    assert sent == []


def test_a_broker_that_is_down_breaks_nothing(chain: Chain, monkeypatch: pytest.MonkeyPatch) -> None:
    tries: list[str] = []

    def refuse(name: str, **_: object) -> None:
        tries.append(name)
        raise OperationalError

    monkeypatch.setattr(tasks.app, "send_task", refuse)
    monkeypatch.setattr(tasks, "_broker", tasks._Broker())
    with in_chain(chain.schema_name):
        write("T1")
        enqueue("tests.write", code="T2")
        enqueue("tests.write", code="T3")
    assert roles(chain.schema_name) == ["T1"]
    assert tries == ["tests.write"], "nobody waits for it a second time"


def test_a_task_goes_on_under_the_request_that_asked_for_it(chain: Chain) -> None:
    seen: list[tuple[str, str]] = []

    def note() -> None:
        seen.append((current().request_id, current().chain))

    look = chain_task("tests.look")(note)
    look(schema_name=chain.schema_name, request_id="r-1")
    look(schema_name=chain.schema_name)
    assert seen[0] == ("r-1", "c_yunshan")
    assert len(seen[1][0]) == 32


def test_hooks_of_a_task_find_no_transaction_of_its_chain(chain: Chain) -> None:
    """What runs after commit is outside: it enqueues, it does not write."""

    def hook() -> None:
        with pytest.raises(TenantSqlOutsideTransaction):
            Role.objects.count()

    def add_hook() -> None:
        transaction.on_commit(hook)

    chain_task("tests.hook")(add_hook)(schema_name=chain.schema_name)


def test_workers_are_set_up_to_lose_nothing() -> None:
    assert app.conf.task_acks_late
    assert app.conf.task_reject_on_worker_lost
    assert app.conf.worker_prefetch_multiplier == 1
    assert list(app.conf.accept_content) == ["json"]
    assert app.conf.task_serializer == "json"


def test_what_the_timer_names_exists() -> None:
    app.loader.import_default_modules()
    named: set[str] = {entry["task"] for entry in app.conf.beat_schedule.values()}
    assert {"chains.sweep", "chains.sweep_due", "chains.sweep_mail", "chains.refill_spares", "expiry.sweep"} <= named
    assert named | {"chains.provision", "chains.close", "mail.deliver_due"} <= set(app.tasks)


def test_every_task_is_known_by_a_name_of_ours() -> None:
    app.loader.import_default_modules()
    ours: Callable[[str], bool] = lambda name: not name.startswith("celery.")  # noqa: E731
    assert all("." in name and not name.startswith("kernel.") for name in filter(ours, app.tasks))
