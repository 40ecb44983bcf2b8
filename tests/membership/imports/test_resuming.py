"""A worker may die at any point: another goes on, and no row comes twice."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from kernel.db import in_public, qualified
from membership.cards.models import Card
from membership.imports import running, services, staging
from membership.imports.domain import ImportState
from membership.imports.kinds import kind_of
from membership.imports.models import Import, ImportRow
from tenants.chains.models import Chain
from tenants.chains.sweeping import sweep_due
from tenants.people.domain import Actor
from tests.workers import Workers, valkey, wait_for

InChain = Callable[..., AbstractContextManager[None]]
Upload = Callable[..., Import]
Advance = Callable[[Import], Import]

ROWS = 10_000


class Killed(BaseException):
    """What a kill is to the code: nothing catches it."""


def many(count: int) -> str:
    return "卡号,级别,类型\n" + "".join(f"66{number:08d},GOLD,ORDINARY\n" for number in range(count))


def test_broken_off_anywhere_it_goes_on_and_takes_each_row_once(
    upload: Upload, advance: Advance, in_chain: InChain, clerk: Actor, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    settings.IMPORT_BATCH_ROWS = 30
    imported = upload("CARDS", many(100))
    _breaking_off(monkeypatch, staging, "_stage_chunk", imported, advance)
    with in_chain():
        assert ImportRow.objects.count() == 60
    assert advance(imported).good == 100
    with in_chain():
        services.confirm(actor=clerk, import_id=imported.pk)
    kind = kind_of("CARDS")
    _breaking_off(monkeypatch, kind, "apply", imported, advance)
    with in_chain():
        assert Card.objects.count() == 29
    done = advance(imported)
    assert (done.state, done.taken) == ("DONE", 100)
    with in_chain():
        assert Card.objects.count() == 100


def _breaking_off(
    monkeypatch: pytest.MonkeyPatch, holder: object, name: str, imported: Import, advance: Advance
) -> None:
    """Kill the work after each second call, until only the last calls are left."""
    real, calls = getattr(holder, name), 0

    def dying(*args: object) -> object:
        nonlocal calls
        calls += 1
        answer = real(*args)
        if calls % 2 == 0:
            raise Killed
        return answer

    with monkeypatch.context() as patch:
        patch.setattr(holder, name, dying)
        for _time in range(1 if name == "apply" else 2):
            with pytest.raises(Killed):
                advance(imported)


@pytest.fixture
def workers(tmp_path: Path) -> Iterator[Workers]:
    with valkey(tmp_path) as broker:
        found = Workers(broker, tmp_path)
        yield found
        found.end()


def _state(chain: Chain, imported: Import) -> tuple[str, int, int]:
    with qualified(), connection.cursor() as cursor:
        cursor.execute(
            f"SELECT state, staged, applied FROM {chain.schema_name}.imports_import WHERE id = %s", [imported.pk]
        )
        (row,) = cursor.fetchall()
    return row  # type: ignore[no-any-return]


def test_a_real_worker_is_killed_twice_and_another_ends_the_work(
    workers: Workers, upload: Upload, in_chain: InChain, chain: Chain, clerk: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KAYUN_IMPORT_BATCH_ROWS", "50")
    imported = upload("CARDS", many(ROWS))
    send = lambda: workers.broker.send("imports.advance", schema_name=chain.schema_name, import_id=imported.pk)  # noqa: E731
    first = workers.start()
    send()
    wait_for(lambda: _state(chain, imported)[1] > 0)
    workers.kill(first)
    assert _state(chain, imported)[0] == ImportState.CHECKING
    second = workers.start()
    send()
    wait_for(lambda: _state(chain, imported)[0] == ImportState.CHECKED)
    with in_chain():
        services.confirm(actor=clerk, import_id=imported.pk)
    send()
    wait_for(lambda: _state(chain, imported)[2] > 0)
    workers.kill(second)
    assert _state(chain, imported)[0] == ImportState.APPLYING
    workers.start()
    send()
    wait_for(lambda: _state(chain, imported)[0] == ImportState.DONE)
    with in_chain():
        assert Card.objects.count() == ROWS
        assert Import.objects.get().taken == ROWS


def test_a_silent_import_is_found_by_the_sweeper(
    upload: Upload, sent_tasks: list[str], chain: Chain, in_chain: InChain
) -> None:
    imported = upload("CARDS", many(1))
    sent_tasks.clear()
    with in_public():
        sweep_due()
    assert sent_tasks == []
    with in_chain():
        Import.objects.update(touched_at="2026-01-01T00:00:00Z")
    with in_public():
        sweep_due()
    assert sent_tasks == ["imports.advance_due"]
    running.advance(chain.schema_name, imported.pk)
    with in_chain():
        assert Import.objects.get().state == ImportState.CHECKED


def test_a_worker_that_is_not_alone_leaves_the_work_to_the_other(
    upload: Upload, advance: Advance, in_chain: InChain, chain: Chain, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    settings.IMPORT_BATCH_ROWS = 10
    imported = upload("CARDS", many(40))

    def other_first(import_id: int, *states: str) -> Import | None:
        monkeypatch.setattr(staging, "hold", hold)
        staging.connection.cursor().execute("UPDATE imports_import SET staged = 11 WHERE id = %s", [import_id])
        return hold(import_id, *states)

    hold = staging.hold
    monkeypatch.setattr(staging, "hold", other_first)
    assert advance(imported).state == ImportState.CHECKING
    with in_chain():
        assert ImportRow.objects.count() == 0
