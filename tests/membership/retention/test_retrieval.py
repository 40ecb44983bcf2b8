"""Module 5: a card's old records out of the archives, delivered once, charged once."""

import io
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from billing.metering.models import UsageCount
from billing.metering.queries import calls_of
from billing.metering.services import count_usage
from billing.pricebook.modules import MODULES_BY_CODE
from billing.subscriptions.entitlements import ModuleNotEnabled
from kernel import clock
from kernel.db import in_public
from kernel.files.models import StoredFile
from kernel.files.services import contents
from kernel.sheets import rows_of
from membership.retention import retrieving, services
from membership.retention.domain import RetrievalState
from membership.retention.errors import RetrievalDaysInvalid, RetrievalOpen
from membership.retention.models import Retrieval
from membership.retention.tasks import retrieve_due
from tenants.audit.models import AuditEntry
from tenants.chains.models import Chain
from tenants.people.domain import Act, Actor, NotAllowed
from tests.conftest import NOON
from tests.membership.conftest import Holder
from tests.membership.retention.conftest import Past

InChain = Callable[..., AbstractContextManager[None]]
Ask = Callable[..., Retrieval]
FIRST, LAST = date(2025, 11, 3), date(2025, 11, 20)


@dataclass(frozen=True)
class Snapshot:
    plan: str
    modules: tuple[int, ...]


@pytest.fixture(autouse=True)
def _held(held_clock: datetime, private_folder: Path) -> None:
    """Noon of 2 March 2026 in China."""


@pytest.fixture
def cleared(past: Past, holder: Holder, issue: Callable[..., Holder], clear: Callable[..., Any]) -> Holder:
    """林静's and another's records of November, in archives; the other's."""
    other = issue("周周", phone="13900005678")
    for one in (holder, other):
        past(one, date(2025, 11, 2), FIRST, date(2025, 11, 9), LAST, date(2025, 11, 21), note=one.member.name)
    clear()
    return other


@pytest.fixture
def ask(in_chain: InChain, chain: Chain, clerk: Actor, store_id: int, holder: Holder, cleared: Holder) -> Ask:
    def act(
        first: date = FIRST, last: date = LAST, *, actor: Actor = clerk, which: Holder = holder, on: Any = chain
    ) -> Retrieval:
        with in_chain():
            return services.ask_for(
                actor=actor,
                chain=on,
                card=which.card,
                first_day=first,
                last_day=last,
                reason="会员要求",
                store_id=store_id,
            )

    return act


@pytest.fixture
def delivered(chain: Chain) -> Callable[[], int]:
    """How many deliveries the meter counts."""

    def count() -> int:
        with in_public():
            count_usage(since=clock.now() - timedelta(hours=1))
            return sum(UsageCount.objects.filter(meter="archives").values_list("quantity", flat=True))

    return count


def fetched(retrieval: Retrieval, chain: Chain, in_chain: InChain) -> list[dict[str, Any]]:
    retrieving.advance(chain.schema_name, retrieval.pk)
    with in_chain():
        retrieval.refresh_from_db()
        assert retrieval.file is not None
        book = b"".join(contents(retrieval.file))
    (_number, titles), *found = rows_of(io.BytesIO(book))
    return [dict(zip(titles, cells, strict=False)) for _number, cells in found]


def test_one_cards_records_of_those_days_and_nobody_elses(
    ask: Ask, chain: Chain, in_chain: InChain, holder: Holder, delivered: Callable[[], int], clerk: Actor
) -> None:
    retrieval = ask()
    assert delivered() == 0, "asking is no delivery"
    rows = fetched(retrieval, chain, in_chain)
    assert [row["说明"] for row in rows] == ["林静"] * 3
    assert {row["会员卡号"] for row in rows} == {holder.number}
    assert [row["时间"].date() for row in rows] == [FIRST, date(2025, 11, 9), LAST]
    assert (retrieval.state, retrieval.rows) == (RetrievalState.DONE, 3)
    assert retrieval.file is not None
    assert retrieval.file.expires_at == NOON + retrieving.KEPT_FOR
    with in_chain():
        acts = AuditEntry.objects.filter(object_type="retrieval").order_by("pk")
        assert list(acts.values_list("act", "actor")) == [
            ("retention.ask", str(clerk)),
            ("retention.deliver", str(clerk)),
        ]

    assert delivered() == 1
    retrieving.advance(chain.schema_name, retrieval.pk)
    assert delivered() == 1, "once"
    (call,) = calls_of(
        chain.schema_name, meter="archives", since=NOON - timedelta(days=1), until=NOON + timedelta(days=1), limit=9
    )
    assert (call.at, call.what, call.subject) == (NOON, "2025-11-03 – 2025-11-20", str(retrieval.pk))


def test_who_may_not_reveal_gets_names_masked(ask: Ask, chain: Chain, in_chain: InChain, clerk: Actor) -> None:
    plain = replace(clerk, grants={act: where for act, where in clerk.grants.items() if act != Act.MEMBER_REVEAL})
    assert {row["姓名"] for row in fetched(ask(actor=plain), chain, in_chain)} == {"林*"}


def test_nothing_found_is_said_and_costs_nothing(
    ask: Ask, chain: Chain, in_chain: InChain, delivered: Callable[[], int]
) -> None:
    retrieval = ask(date(2025, 11, 10), date(2025, 11, 19))
    retrieving.advance(chain.schema_name, retrieval.pk)
    with in_chain():
        retrieval.refresh_from_db()
    assert (retrieval.state, retrieval.file_id, retrieval.delivered_at) == (RetrievalState.EMPTY, None, None)
    assert delivered() == 0


def test_without_the_module_nothing_is_fetched(ask: Ask, chain: Chain) -> None:
    number = MODULES_BY_CODE["archive_retrieval"].number
    off = Snapshot(chain.plan, tuple(module for module in chain.modules if module != number))
    with pytest.raises(ModuleNotEnabled):
        ask(on=off)
    assert ask(on=Snapshot(chain.plan, (number,))).pk


@pytest.mark.parametrize("act", [Act.DATA_EXPORT, Act.CARD_VIEW])
def test_both_rights_are_needed(ask: Ask, clerk: Actor, act: Act) -> None:
    with pytest.raises(NotAllowed):
        ask(actor=replace(clerk, grants={one: where for one, where in clerk.grants.items() if one != act}))


@pytest.mark.parametrize(("first", "last"), [(LAST, FIRST), (date(2026, 1, 1), date(2026, 2, 1))])
def test_days_out_of_order_and_days_that_no_archive_has(ask: Ask, first: date, last: date) -> None:
    with pytest.raises(RetrievalDaysInvalid):
        ask(first, last)


def test_the_same_is_not_fetched_twice_at_a_time(ask: Ask, chain: Chain) -> None:
    retrieval = ask()
    with pytest.raises(RetrievalOpen):
        ask()
    retrieving.advance(chain.schema_name, retrieval.pk)
    assert ask().pk != retrieval.pk


class _Killed(BaseException):
    """What no handler catches, like a kill."""


@pytest.mark.parametrize("name", ["write_workbook", "keep", "record"])
def test_killed_while_it_is_written_it_is_begun_anew_and_delivered_once(
    ask: Ask,
    chain: Chain,
    in_chain: InChain,
    delivered: Callable[[], int],
    monkeypatch: pytest.MonkeyPatch,
    name: str,
) -> None:
    retrieval = ask()
    real = getattr(retrieving, name)

    def die(*args: Any, **options: Any) -> None:
        real(*args, **options)
        raise _Killed

    with monkeypatch.context() as patching, suppress(_Killed):
        patching.setattr(retrieving, name, die)
        retrieving.advance(chain.schema_name, retrieval.pk)
    assert delivered() == 0
    with clock.frozen(NOON + timedelta(minutes=5)):
        retrieve_due(schema_name=chain.schema_name)
        assert delivered() == 1
    with in_chain():
        assert StoredFile.objects.filter(filename__endswith=".xlsx").count() == 1


def test_a_worker_that_was_taken_for_dead_delivers_nothing(
    ask: Ask, chain: Chain, in_chain: InChain, delivered: Callable[[], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    retrieval = ask()
    real = retrieving.write_workbook

    def slow(*args: Any, **options: Any) -> int:
        monkeypatch.setattr(retrieving, "write_workbook", real)
        retrieving.advance(chain.schema_name, retrieval.pk)
        return real(*args, **options)

    monkeypatch.setattr(retrieving, "write_workbook", slow)
    retrieving.advance(chain.schema_name, retrieval.pk)
    assert delivered() == 1
    with in_chain():
        assert StoredFile.objects.filter(filename__endswith=".xlsx").count() == 1


def test_what_fails_again_and_again_is_given_up(ask: Ask, chain: Chain, in_chain: InChain) -> None:
    retrieval = ask()
    with in_chain():
        Retrieval.objects.filter(pk=retrieval.pk).update(attempts=retrieving.ATTEMPTS_MAX)
    retrieving.advance(chain.schema_name, retrieval.pk)
    with in_chain():
        retrieval.refresh_from_db()
    assert retrieval.state == RetrievalState.FAILED
