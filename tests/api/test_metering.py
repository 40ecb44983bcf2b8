"""Every accepted write through the API is counted once and charged once, however late it was committed."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from pytest_django import Settings

from billing.accounts.queries import standing_of
from billing.auditing import audit_platform
from billing.metering.models import UsageCount
from billing.metering.queries import calls_of, usage_by_day
from billing.metering.services import count_usage
from billing.subscriptions.models import Charge, Subscription
from billing.subscriptions.services import begin_missing, charge_all_calls, end_departed
from kernel import clock
from kernel.db import in_public
from kernel.ids import uuid7
from tenants.chains import schemas
from tenants.chains.domain import ChainState
from tenants.chains.models import Chain
from tenants.chains.services import close_chain, finish_closing
from tests.api.conftest import Shop
from tests.cleaning import superuser

HOUR = timedelta(hours=1)


def counted(shop: Shop) -> int:
    with in_public():
        count_usage(since=clock.now() - HOUR)
        return sum(UsageCount.objects.filter(chain=shop.chain).values_list("quantity", flat=True))


def charge(day: date) -> int:
    return charge_all_calls(today=day)


def arrears(shop: Shop) -> int:
    with in_public():
        return standing_of(shop.chain.pk).arrears_fen


def _late_posting(connection: Any, shop: Shop) -> None:
    """A posting by a key, as another transaction writes it; the ledger's own rules are not what is tried here."""
    connection.execute("SET LOCAL session_replication_role = replica")
    connection.execute(
        f"INSERT INTO {shop.chain.schema_name}.ledger_posting"
        " (id, kind, idempotency_key, request_hash, actor, occurred_at, created_at, memo, result)"
        " VALUES (%s, 'CONSUMPTION', 'late', %s, 'api:1', %s, %s, '{}', '{}')",
        [uuid7(), bytes(32), clock.now(), clock.now()],
    )


def test_accepted_writes_count_and_nothing_else(shop: Shop) -> None:
    assert counted(shop) == 0
    answers = [
        shop.post(shop.asked()),
        shop.post(shop.asked()),  # a replay
        shop.post(shop.asked(amount_fen=10**9), idempotency_key="k-2"),
        shop.get(f"/api/v1/cards/{shop.card}"),
        shop.get("/api/v1/nothing"),
    ]
    assert [(each.status_code, each["Charged-Calls"]) for each in answers] == [
        (201, "1"), (201, "0"), (409, "0"), (200, "0"), (404, "0"),
    ]  # fmt: skip
    batch = {
        "store_code": shop.store_code,
        "items": [
            {"card_number": shop.card, "amount_fen": 100, "idempotency_key": f"b-{number}"} for number in range(3)
        ],
    }
    sent = shop.post(batch, path="/api/v1/consumptions/batch")
    assert (sent.json()["charged_calls"], sent["Charged-Calls"]) == (3, "3")
    # What the desk posts is free: its actor is no key.
    assert counted(shop) == 4
    assert counted(shop) == 4
    with in_public():
        calls = calls_of(
            shop.chain.schema_name, meter="api", since=clock.now() - HOUR, until=clock.now() + HOUR, limit=3
        )
        today = clock.today()
        days = usage_by_day(shop.chain.pk, since=today - timedelta(days=1), until=today + timedelta(days=1))
    assert [call.what for call in calls] == ["CONSUMPTION"] * 3
    assert sum(day.quantity for day in days) == 4


def test_what_is_committed_after_its_hour_was_counted_is_found(shop: Shop) -> None:
    assert shop.post(shop.asked()).status_code == 201
    with superuser() as connection:
        with connection.transaction():
            _late_posting(connection, shop)
            assert counted(shop) == 1
            assert counted(shop) == 1
        assert counted(shop) == 2


def test_calls_are_charged_by_the_day_and_once(shop: Shop) -> None:
    with in_public():
        begin_missing()
    begun = arrears(shop)
    assert shop.post(shop.asked()).status_code == 201
    assert counted(shop) == 1
    today, tomorrow = clock.today(), clock.today() + timedelta(days=1)
    assert charge(today) == 0, "the day is not over"
    assert (charge(tomorrow), charge(tomorrow)) == (1, 0)
    assert arrears(shop) - begun == 8
    # Committed late: charged with the next, and told apart.
    with superuser() as connection, connection.transaction():
        _late_posting(connection, shop)
    assert counted(shop) == 2
    assert (charge(tomorrow), charge(tomorrow)) == (1, 0)
    assert arrears(shop) - begun == 16
    with in_public():
        lines = Charge.objects.filter(chain=shop.chain, kind="CALLS").order_by("pk")
        assert [(line.module, line.price_fen, line.quantity, line.amount_fen) for line in lines] == [(11, 8, 1, 8)] * 2


def test_what_was_counted_is_not_uncounted_when_its_rows_are_cleared(shop: Shop) -> None:
    assert shop.post(shop.asked()).status_code == 201
    assert shop.post(shop.asked(), idempotency_key="k-2").status_code == 201
    assert counted(shop) == 2
    with superuser() as connection, connection.transaction():
        connection.execute("SET LOCAL session_replication_role = replica")
        connection.execute(f"DELETE FROM {shop.chain.schema_name}.ledger_posting WHERE idempotency_key LIKE '%k-2'")
    assert counted(shop) == 2


@pytest.fixture
def _private_folder(settings: Settings, tmp_path: Path) -> None:
    storage = {**settings.STORAGES["private"], "OPTIONS": {"location": str(tmp_path)}}
    settings.STORAGES = {**settings.STORAGES, "private": storage}


@pytest.mark.usefixtures("_private_folder")
def test_a_chain_that_leaves_is_charged_to_its_last_call(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of the very day, and once, though a worker dies at each step."""

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    def dropped_and_killed(schema_name: str) -> None:
        drop(schema_name)
        raise KeyboardInterrupt

    with in_public():
        begin_missing()
    begun = arrears(shop)
    assert shop.post(shop.asked()).status_code == 201
    with in_public():
        close_chain(chain=shop.chain)
        # The hourly run may come first: it ends the subscription without having seen today's calls.
        assert end_departed() == 1
    drop, owed = schemas.drop, []
    for place, dying in (("take_leave", killed), ("schemas.drop", killed), ("schemas.drop", dropped_and_killed)):
        with monkeypatch.context() as patch:
            patch.setattr(f"tenants.chains.services.{place}", dying)
            with pytest.raises(KeyboardInterrupt):
                finish_closing(shop.chain.pk)
        owed.append(arrears(shop) - begun)
    finish_closing(shop.chain.pk)
    assert [*owed, arrears(shop) - begun] == [0, 8, 8, 8]
    with in_public():
        assert Chain.objects.get(pk=shop.chain.pk).state == ChainState.CLOSED
        assert Subscription.objects.get(chain=shop.chain).ended_on == clock.today()
        line = Charge.objects.get(chain=shop.chain, kind="CALLS")
        assert (line.quantity, line.amount_fen, line.charged_on) == (1, 8, clock.today())
        assert audit_platform() == []
