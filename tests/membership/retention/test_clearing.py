"""Clearing: archived first, proved, deleted; killed anywhere and done by two at once; the books untouched."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import asdict
from datetime import date, datetime, timedelta
from pathlib import Path
from threading import Event, Thread
from typing import Any
from uuid import UUID

import pytest
from django.db import connection, connections

from kernel import clock
from kernel.calendar import start_of
from kernel.db import in_chain as chosen
from kernel.db import in_public
from kernel.files import services as files
from membership.auditing import audit_chain
from membership.records.models import Record
from membership.retention import archives, clearing, queries, sweeping
from membership.retention.archives import ArchivedRecord
from membership.retention.domain import ArchiveState
from membership.retention.errors import ArchiveBroken
from membership.retention.models import Archive, Clearing
from tenants.audit.models import AuditEntry
from tenants.chains.models import Chain
from tests.conftest import NOON
from tests.membership.conftest import Holder
from tests.membership.retention.conftest import Past

InChain = Callable[..., AbstractContextManager[None]]
Left = Callable[[], set[UUID]]
TODAY = NOON.date()
OLD = tuple(date(2025, 11, day) for day in range(1, 11))
KEPT = tuple(date(2026, 1, day) for day in range(1, 4))


@pytest.fixture(autouse=True)
def _held(held_clock: datetime, private_folder: Path) -> None:
    """Noon of 2 March 2026 in China: plan A keeps from 2 December 2025 on."""


@pytest.fixture
def plan(chain: Chain) -> Callable[[str], None]:
    """``plan("C")``: the chain is on that plan from now on."""

    def change(code: str) -> None:
        with in_public():
            Chain.objects.filter(pk=chain.pk).update(plan=code)

    return change


@contextmanager
def at(day: date) -> Iterator[None]:
    """A quarter past midnight of that day in China."""
    with clock.frozen(start_of(day) + timedelta(minutes=15)):
        yield


def archived() -> list[ArchivedRecord]:
    """Everything that the archives which cleared something hold. In an open transaction."""
    found = Archive.objects.filter(state=ArchiveState.CLEARED).select_related("file").order_by("pk")
    return [line for archive in found for line in archives.read(archive.file)]


def test_what_is_too_old_goes_to_an_archive_as_it_was_and_nothing_else(
    clear: Callable[..., clearing.Cleared], past: Past, holder: Holder, left: Left, in_chain: InChain, chain: Chain
) -> None:
    old, kept = past(holder, *OLD, date(2025, 12, 1)), past(holder, date(2025, 12, 2), *KEPT)
    others = left() - {*old, *kept}
    with in_chain():
        before = {row.pk: ArchivedRecord.of(row) for row in Record.objects.filter(pk__in=old)}
    assert audit_chain(chain.schema_name) == []

    assert clear() == clearing.Cleared(len(old), finished=True)

    assert left() == {*kept, *others}
    with in_chain():
        assert {line.id: line for line in archived()} == before
        archive = Archive.objects.select_related("file").get()
        entry = AuditEntry.objects.filter(act="retention.clear").get()
        shown = asdict(queries.archived())
    assert (archive.records, archive.state) == (len(old), ArchiveState.CLEARED)
    assert (archive.first_at, archive.last_at) == (before[old[0]].at, before[old[-1]].at)
    assert archive.file.expires_at is None
    assert entry.detail["records"] == len(old)
    assert shown == {
        "archives": 1,
        "records": len(old),
        "first_at": archive.first_at,
        "last_at": archive.last_at,
        "size": archive.file.size,
    }
    assert audit_chain(chain.schema_name) == []
    assert clear() == clearing.Cleared(0, finished=True), "done is done"


def test_the_file_on_the_disk_names_nobody(
    clear: Callable[..., clearing.Cleared], past: Past, holder: Holder, private_folder: Path
) -> None:
    past(holder, *OLD, note="林静的备注")
    clear()
    (file,) = [path for path in private_folder.rglob("*") if path.is_file()]
    assert file.read_bytes()[:4] == b"KYF1"
    assert "林静".encode() not in file.read_bytes()


class _Killed(BaseException):
    """What no handler catches, like a kill."""


KILLS = (
    "kernel.files.services.keep",
    "membership.retention.models.Archive.save",
    "membership.retention.archives.verify",
    "membership.retention.clearing._close",
    "time.sleep",
)


BY_ID = (*KILLS, "membership.retention.archives.ids_in")


@pytest.mark.parametrize(("name", "at_once"), [*((name, True) for name in KILLS), *((name, False) for name in BY_ID)])
@pytest.mark.parametrize("after", [False, True])
def test_killed_anywhere_it_goes_on_where_it_stopped(
    clear: Callable[..., clearing.Cleared],
    past: Past,
    holder: Holder,
    left: Left,
    in_chain: InChain,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    at_once: bool,
    after: bool,
) -> None:
    """Killed before or after that call, three times; where the records go by one statement, and where by their ids."""
    if not at_once:
        monkeypatch.setattr(clearing, "_delete_at_once", lambda turn, archive: False)
    monkeypatch.setattr(clearing, "ARCHIVE_AT_MOST", 6)
    monkeypatch.setattr(clearing, "DELETE_AT_ONCE", 2)
    old, kept = past(holder, *OLD), past(holder, *KEPT)
    others = left() - {*old, *kept}
    kills = 0

    with monkeypatch.context() as patching:
        real: Any = None

        def die(*args: Any, **options: Any) -> Any:
            nonlocal kills
            kills += 1
            if after:
                real(*args, **options)
            raise _Killed

        owner, _dot, attribute = name.rpartition(".")
        target: Any = _found(owner)
        real = getattr(target, attribute)
        patching.setattr(target, attribute, die)
        for minutes in range(3):
            with clock.frozen(NOON + timedelta(minutes=3 * minutes)), suppress(_Killed):
                clear()
            _nothing_lost(old, left, in_chain)
    assert kills

    with clock.frozen(NOON + timedelta(minutes=30)):
        clear()
    assert left() == {*kept, *others}
    with in_chain():
        assert sorted(line.id for line in archived()) == sorted(old)
        assert not Archive.objects.exclude(state=ArchiveState.CLEARED).exists()


def _found(name: str) -> Any:
    import importlib

    try:
        return importlib.import_module(name)
    except ModuleNotFoundError:
        module, _dot, attribute = name.rpartition(".")
        return getattr(importlib.import_module(module), attribute)


def _nothing_lost(old: list[UUID], left: Left, in_chain: InChain) -> None:
    with in_chain():
        proved = Archive.objects.filter(verified_at__isnull=False).select_related("file")
        safe = {line.id for archive in proved for line in archives.read(archive.file)}
    assert set(old) <= left() | safe


def test_what_cannot_be_read_back_deletes_nothing(
    clear: Callable[..., clearing.Cleared],
    past: Past,
    holder: Holder,
    left: Left,
    in_chain: InChain,
    private_folder: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    old = past(holder, *OLD)
    real = archives.verify

    def spoiled(*args: Any, **options: Any) -> None:
        (file,) = [path for path in private_folder.rglob("*") if path.is_file()]
        content = bytearray(file.read_bytes())
        content[len(content) // 2] ^= 1
        file.write_bytes(content)
        real(*args, **options)

    with monkeypatch.context() as patching:
        patching.setattr(archives, "verify", spoiled)
        with pytest.raises(ArchiveBroken):
            clear()
    assert set(old) <= left()

    clear()
    assert not left() & set(old)
    with in_chain():
        assert sorted(line.id for line in archived()) == sorted(old)
        assert list(Archive.objects.order_by("pk").values_list("state", flat=True)) == ["BROKEN", "CLEARED"]


def test_a_record_written_into_the_archived_days_meanwhile_stays_for_the_next(
    clear: Callable[..., clearing.Cleared],
    past: Past,
    holder: Holder,
    left: Left,
    in_chain: InChain,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    old = past(holder, *OLD)
    late: list[UUID] = []
    real = archives.verify

    def meanwhile(*args: Any, **options: Any) -> None:
        late.extend(past(holder, OLD[4]))
        real(*args, **options)

    with monkeypatch.context() as patching:
        patching.setattr(clearing, "_write_next", _once(clearing._write_next))
        patching.setattr(archives, "verify", meanwhile)
        clear()
    assert left() >= set(late)
    assert not left() & set(old)

    with at(TODAY + timedelta(days=1)):
        clear()
    assert not left() & set(late)
    with in_chain():
        assert sorted(line.id for line in archived()) == sorted([*old, *late])


def _once(act: Callable[..., bool]) -> Callable[..., bool]:
    """The first time as it is; then nothing is left."""
    waiting = [act]

    def go(turn: Any) -> bool:
        return waiting.pop()(turn) if waiting else False

    return go


def test_two_workers_at_once_archive_and_delete_each_record_once(
    clear: Callable[..., clearing.Cleared],
    past: Past,
    holder: Holder,
    left: Left,
    in_chain: InChain,
    chain: Chain,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The first is slow at reading back; the second takes it for dead, and the first finds that out."""
    monkeypatch.setattr(clearing, "ARCHIVE_AT_MOST", 4)
    old = past(holder, *OLD)
    real, reading, go_on = archives.verify, Event(), Event()

    def slow(*args: Any, **options: Any) -> None:
        if not reading.is_set():
            reading.set()
            assert go_on.wait(20)
        real(*args, **options)

    monkeypatch.setattr(archives, "verify", slow)
    done: list[clearing.Cleared] = []

    def first() -> None:
        with clock.frozen(NOON):
            done.append(clear())
        connections.close_all()

    worker = Thread(target=first)
    worker.start()
    assert reading.wait(20)
    assert clear() == clearing.Cleared(0, finished=True), "while the first is heard of, nobody else begins"
    with clock.frozen(NOON + timedelta(minutes=2)):
        assert clear() == clearing.Cleared(len(old), finished=True)
    go_on.set()
    worker.join(20)
    assert done == [clearing.Cleared(0, finished=True)]
    assert not left() & set(old)
    with in_chain():
        assert sorted(line.id for line in archived()) == sorted(old)


def test_time_that_is_up_leaves_the_rest_for_the_next_turn(
    past: Past, holder: Holder, left: Left, chain: Chain, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clearing, "ARCHIVE_AT_MOST", 4)
    old = past(holder, *OLD)
    turns = 0
    while not clearing.run(chain.schema_name, seconds=0, rests=0).finished:
        turns += 1
        assert turns < 20
    assert turns > 1
    assert not left() & set(old)


def test_a_higher_plan_keeps_what_is_there_and_brings_nothing_back(
    clear: Callable[..., clearing.Cleared],
    past: Past,
    holder: Holder,
    left: Left,
    in_chain: InChain,
    plan: Callable[[str], None],
) -> None:
    gone, kept = past(holder, *OLD), past(holder, *KEPT)
    clear()
    plan("C")
    with at(date(2026, 12, 31)):
        clear()
        assert set(kept) <= left(), "twelve months from now on"
        assert _shown(in_chain, months=12) >= set(kept)
        assert not _shown(in_chain, months=12) & set(gone)
    plan("A")
    with at(date(2027, 1, 1)):
        clear()
        assert not left() & set(kept), "a lower plan holds from its day"
    plan("C")
    with at(date(2027, 1, 2)):
        clear()
        assert not _shown(in_chain, months=12) & set(kept), "and what it cleared stays gone"


def test_half_deleted_is_gone_for_everybody_even_on_a_higher_plan(
    clear: Callable[..., clearing.Cleared],
    past: Past,
    holder: Holder,
    left: Left,
    in_chain: InChain,
    plan: Callable[[str], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    old = past(holder, *OLD)
    with monkeypatch.context() as patching:
        patching.setattr(archives, "verify", lambda *args, **options: (_ for _ in ()).throw(_Killed()))
        with suppress(_Killed):
            clear()
    plan("C")
    assert set(old) <= left()
    assert not _shown(in_chain, months=12) & set(old)
    with clock.frozen(NOON + timedelta(minutes=5)):
        clear()
    assert not left() & set(old)


def _shown(in_chain: InChain, *, months: int) -> set[UUID]:
    with in_chain():
        found = queries.shown(Record.objects.all(), today=clock.today(), months=months)
        return set(found.values_list("pk", flat=True))


def test_the_night_goes_over_every_chain_that_waits_and_one_chains_trouble_is_its_own(
    past: Past,
    holder: Holder,
    left: Left,
    chain: Chain,
    other_chain: Chain,
    in_chain: InChain,
    monkeypatch: pytest.MonkeyPatch,
    sent_tasks: list[str],
) -> None:
    old = past(holder, *OLD)
    real = clearing.run

    def troubled(schema_name: str, **options: Any) -> clearing.Cleared:
        if schema_name == other_chain.schema_name:
            raise ArchiveBroken
        return real(schema_name, **options)

    monkeypatch.setattr(clearing, "run", troubled)
    assert set(sweeping.waiting_chains(today=TODAY)) == {chain.schema_name, other_chain.schema_name}
    assert sweeping.go_round() == 2
    assert not left() & set(old)
    assert sweeping.waiting_chains(today=TODAY) == [other_chain.schema_name]
    assert sweeping.waiting_chains(today=TODAY + timedelta(days=1)) == [other_chain.schema_name, chain.schema_name]
    assert sent_tasks == []

    monkeypatch.setattr(sweeping, "ROUND_S", -1.0)
    assert sweeping.go_round() == 0
    assert sent_tasks == [sweeping.ROUND], "whoever has not had a turn is hinted at again"


def test_a_database_restored_to_before_a_clearing_clears_again_out_of_a_new_archive(
    clear: Callable[..., clearing.Cleared],
    past: Past,
    holder: Holder,
    left: Left,
    in_chain: InChain,
    chain: Chain,
    private_folder: Path,
) -> None:
    """The backup is of the evening before, the files are of today: one of them no row knows any more."""
    old = past(holder, *OLD)
    with in_chain():
        before = [ArchivedRecord.of(row) for row in Record.objects.order_by("pk")]
    books = audit_chain(chain.schema_name)
    clear()
    (first,) = _files(private_folder)
    with chosen(chain.schema_name, using="owner"), connections["owner"].cursor() as cursor:
        cursor.execute("DELETE FROM retention_archive")
        cursor.execute("DELETE FROM files_storedfile")
        fields = ("cleared_before", "decided_at", "finished_at", "touched_at")
        cursor.execute(f"UPDATE retention_clearing SET {', '.join(f'{field} = NULL' for field in fields)}")
        cursor.execute("DELETE FROM records_record")
    with in_chain():
        Record.objects.bulk_create(line.restored() for line in before)

    assert clear() == clearing.Cleared(len(old), finished=True)
    assert not left() & set(old)
    with in_chain():
        assert sorted(line.id for line in archived()) == sorted(old)
    assert len(_files(private_folder)) == 2
    with clock.frozen(clock.now() + timedelta(days=400)):
        files.sweep(chain.schema_name)
    assert first not in _files(private_folder), "what no row knows goes after a day"
    assert len(_files(private_folder)) == 1, "archives have no end"
    assert audit_chain(chain.schema_name) == books == []


def _files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_the_application_may_delete_records_and_take_no_archive_back(
    clear: Callable[..., clearing.Cleared], past: Past, holder: Holder, in_chain: InChain
) -> None:
    past(holder, *OLD)
    clear()
    for table in ("retention_archive", "retention_clearing", "retention_retrieval"):
        with pytest.raises(Exception, match="permission denied"), in_chain(), connection.cursor() as cursor:
            cursor.execute(f"DELETE FROM {table}")
    with in_chain():
        assert Clearing.objects.get().finished_at is not None
