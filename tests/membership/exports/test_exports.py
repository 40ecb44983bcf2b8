"""Lists as workbooks: what is in them, who gets whom unmasked, and a worker that is not alone."""

import io
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from kernel.files.services import contents
from kernel.sheets import rows_of
from membership.exports import running, services, writing
from membership.exports.domain import ExportState
from membership.exports.kinds import kind_of
from membership.exports.models import Export
from membership.members.models import Member
from tenants.audit.models import AuditEntry
from tenants.chains.models import Chain
from tenants.people.domain import Act, Actor, NotAllowed
from tests.membership.conftest import Holder
from tests.membership.imports.conftest import private_folder

__all__ = ["private_folder"]

InChain = Callable[..., AbstractContextManager[None]]


def without(actor: Actor, *acts: Act) -> Actor:
    return replace(actor, grants={act: where for act, where in actor.grants.items() if act not in acts})


@pytest.fixture
def export(in_chain: InChain, clerk: Actor, store_id: int) -> Callable[..., Any]:
    def ask(code: str, /, *, actor: Actor = clerk, **filters: str) -> Export | bytes:
        with in_chain():
            return services.export_list(actor=actor, kind_code=code, filters=filters, store_id=store_id)

    return ask


def rows(book: bytes) -> list[dict[str, Any]]:
    (_number, titles), *found = rows_of(io.BytesIO(book))
    return [dict(zip(titles, cells, strict=False)) for _number, cells in found]


def test_cards_with_numbers_as_texts_and_amounts_as_numbers(
    export: Callable[..., Any], issue: Callable[..., Holder], in_chain: InChain
) -> None:
    holder = issue("林静", top_up_fen=12_345)
    found = rows(export("CARDS"))
    assert len(found) == 5
    row = next(row for row in found if row["会员卡号"] == holder.number)
    assert row["姓名"] == "林静"
    assert str(row["手机号"]).endswith("13900001234")
    assert float(row["余额"]) == 123.45
    assert isinstance(row["发卡时间"], datetime)
    assert [row["会员卡号"] for row in rows(export("CARDS", status="ACTIVE"))] == [holder.number]
    with in_chain():
        entry = AuditEntry.objects.filter(act=Act.DATA_EXPORT).latest("pk")
    assert entry.detail == {"kind": "CARDS", "filters": {"status": "ACTIVE"}, "rows": 1, "revealed": True}


def test_who_may_not_reveal_gets_people_masked(
    export: Callable[..., Any], issue: Callable[..., Holder], clerk: Actor
) -> None:
    issue("林静文", phone="13900001234")
    seen_by = without(clerk, Act.MEMBER_REVEAL)
    for kind in ("CARDS", "MEMBERS", "RECORDS"):
        text = str(rows(export(kind, actor=seen_by)))
        assert "林*文" in text
        assert "林静文" not in text
        assert "13900001234" not in text
        assert "林静文" in str(rows(export(kind)))


@pytest.mark.parametrize(("kind", "act"), [("CARDS", Act.DATA_EXPORT), ("MEMBERS", Act.MEMBER_VIEW)])
def test_nobody_exports_what_she_may_not_see(
    export: Callable[..., Any], clerk: Actor, in_chain: InChain, kind: str, act: Act
) -> None:
    with pytest.raises(NotAllowed):
        export(kind, actor=without(clerk, act))
    with in_chain():
        assert not AuditEntry.objects.filter(act=Act.DATA_EXPORT).exists()


def test_records_of_a_card_and_of_days(export: Callable[..., Any], issue: Callable[..., Holder]) -> None:
    holder = issue("林静", top_up_fen=10_000)
    other = issue("王明")
    assert {row["会员卡号"] for row in rows(export("RECORDS"))} == {holder.number, other.number}
    found = rows(export("RECORDS", number=holder.number, kind="TOP_UP"))
    assert [float(row["金额"]) for row in found] == [100.0]
    assert rows(export("RECORDS", last="2020-01-01")) == []


@pytest.mark.parametrize("kind", ["CARDS", "MEMBERS", "RECORDS"])
def test_no_query_per_row(kind: str, issue: Callable[..., Holder], in_chain: InChain) -> None:
    for name in ("林静", "王明", "陈芳", "赵强"):
        issue(name, top_up_fen=100)
    with in_chain(), CaptureQueriesContext(connection) as sent:
        assert writing.write_list(io.BytesIO(), kind_of(kind), {}, revealed=True) >= 4
    assert len(sent) == (1 if kind == "RECORDS" else 2)


def test_every_row_once_over_pages(
    export: Callable[..., Any], issue: Callable[..., Holder], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("林静", "王明", "陈芳"):
        issue(name, top_up_fen=100)
    whole = {kind: rows(export(kind)) for kind in ("CARDS", "MEMBERS", "RECORDS")}
    monkeypatch.setattr(writing, "_A_PAGE", 2)
    for kind, found in whole.items():
        assert rows(export(kind)) == found


class TestLong:
    @pytest.fixture(autouse=True)
    def long(self, monkeypatch: pytest.MonkeyPatch, idle_cards: list[str]) -> None:
        monkeypatch.setattr(services, "AT_ONCE", 3)
        monkeypatch.setattr(writing, "_A_PAGE", 2)

    def test_a_worker_writes_it(
        self, export: Callable[..., Any], chain: Chain, in_chain: InChain, clerk: Actor, sent_tasks: list[str]
    ) -> None:
        asked = export("CARDS")
        assert sent_tasks == ["exports.advance"]
        running.advance(chain.schema_name, asked.pk)
        running.advance(chain.schema_name, asked.pk)
        with in_chain():
            done = Export.objects.select_related("file").get(pk=asked.pk)
            assert (done.state, done.rows) == (ExportState.DONE, 5)
            assert done.file is not None
            found = rows(b"".join(contents(done.file)))
            assert AuditEntry.objects.filter(act=Act.DATA_EXPORT).count() == 1
        assert [row["会员卡号"] for row in found] == [f"8800000{number:03}" for number in range(1, 6)]

    def test_one_that_was_taken_for_dead_stops(
        self, export: Callable[..., Any], chain: Chain, in_chain: InChain, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        asked = export("CARDS")
        real = kind_of("CARDS").page
        begun: list[int] = []

        def page(*args: Any, **kwargs: Any) -> Any:
            if not begun:
                begun.append(1)
                # The sweeper has sent another while this one slept.
                Export.objects.filter(pk=asked.pk).update(attempts=2)
            return real(*args, **kwargs)

        monkeypatch.setattr(kind_of("CARDS"), "page", page)
        running.advance(chain.schema_name, asked.pk)
        with in_chain():
            left = Export.objects.get(pk=asked.pk)
            assert (left.state, left.file_id) == (ExportState.WRITING, None)
        running.advance(chain.schema_name, asked.pk)
        with in_chain():
            assert Export.objects.get(pk=asked.pk).state == ExportState.DONE

    def test_it_is_given_up_after_some_attempts(
        self, export: Callable[..., Any], chain: Chain, in_chain: InChain
    ) -> None:
        asked = export("CARDS")
        with in_chain():
            Export.objects.filter(pk=asked.pk).update(attempts=running.ATTEMPTS_MAX)
        running.advance(chain.schema_name, asked.pk)
        with in_chain():
            assert Export.objects.get(pk=asked.pk).state == ExportState.FAILED


def test_merged_members_are_left_out(
    export: Callable[..., Any], issue: Callable[..., Holder], in_chain: InChain
) -> None:
    kept, gone = issue("林静"), issue("林静二")
    with in_chain():
        Member.objects.filter(pk=gone.member.pk).update(merged_into=kept.member)
    assert [row["会员编号"] for row in rows(export("MEMBERS"))] == [kept.member.code]
