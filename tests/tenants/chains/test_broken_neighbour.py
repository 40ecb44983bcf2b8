"""One chain's schema is gone or behind: what asks all chains at once still hears all the others."""

from collections.abc import Iterator, Sequence
from datetime import timedelta

import pytest
from django.db import DataError, connection

from billing.metering.services import count_usage
from billing.subscriptions.services.stores import count_stores
from kernel import clock
from kernel.db import ask_all, in_chain, in_public
from kernel.mail.models import MailState, OutgoingMail
from membership.expiry import sweeping as expiry
from membership.retention import sweeping as retention
from tenants.chains import sweeping
from tenants.chains.finding import last_active
from tenants.chains.models import Chain
from tenants.chains.overdue import late_schemas, overdue
from tests.cleaning import superuser

_TABLES = ("mail_outgoingmail", "expiry_dailyrun", "retention_clearing", "records_record", "stores_store")
BREAK = {
    "no schema": (["ALTER SCHEMA {s} RENAME TO away"], ["ALTER SCHEMA away RENAME TO {s}"]),
    "no tables": (
        [f"ALTER TABLE {{s}}.{table} RENAME TO away_{table}" for table in _TABLES],
        [f"ALTER TABLE {{s}}.away_{table} RENAME TO {table}" for table in _TABLES],
    ),
}


@pytest.fixture(params=BREAK)
def broken(request: pytest.FixtureRequest, other_chain: Chain) -> Iterator[Chain]:
    broken, mended = BREAK[request.param]
    _execute(broken, other_chain)
    yield other_chain
    _execute(mended, other_chain)


def _execute(statements: Sequence[str], chain: Chain) -> None:
    with superuser() as administrator:
        for statement in statements:
            administrator.execute(statement.format(s=chain.schema_name))


def test_the_others_are_swept_counted_and_shown(
    chain: Chain, broken: Chain, sent_tasks: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    now = clock.now()
    with in_chain(chain.schema_name):
        OutgoingMail.objects.create(
            recipients=["lin@example.com"], message=b"", state=MailState.QUEUED, created_at=now, due_at=now
        )
    with in_public():
        assert sweeping.sweep_mail() == 1
        sweeping.sweep_due()
        assert expiry.sweep_days() == 1
        count_usage(since=now - timedelta(hours=1))
        count_stores()
        assert chain.pk in last_active([chain, broken])
        assert next(work.due for work in overdue() if work.task == "mail.deliver_due") == 1
    assert chain.schema_name in retention.waiting_chains(today=clock.today())
    assert broken.schema_name in caplog.text


@pytest.mark.parametrize("broken", ["no schema"], indirect=True)
def test_a_schema_that_is_not_there_is_late(chain: Chain, broken: Chain) -> None:
    with in_public():
        assert late_schemas() == [broken.schema_name]


def test_what_is_everybodys_mistake_is_not_hidden(database: None) -> None:
    def ask(part: Sequence[str]) -> list[int]:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 / 0")
        return []

    with pytest.raises(DataError):
        ask_all(["c_a", "c_b"], ask)


@pytest.mark.parametrize("place", range(7))
def test_nobody_is_asked_twice(database: None, place: int) -> None:
    """Whichever it is that cannot be asked, the rest is answered once, in order."""
    asked = [*range(place), -1, *range(place, 6)]
    assert ask_all(asked, _squares, at_once=3) == [number * number for number in range(6)]


def _squares(numbers: Sequence[int]) -> list[int]:
    if -1 in numbers:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM public.no_such_table")
    return [number * number for number in numbers]
