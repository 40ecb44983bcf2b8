"""A chain that leaves is charged up to its last call, and nothing afterwards."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from billing.auditing import audit_platform
from billing.payments.models import AutoTopUp, SavedCard
from billing.payments.services import charge_due
from billing.payments.services.automatic import end_auto_top_up
from billing.subscriptions import tasks
from billing.subscriptions.models import Charge, Subscription
from billing.subscriptions.services import begin_missing, end_departed, renew_all
from kernel import clock
from kernel.db import in_public
from tenants.audit.models import AuditEntry
from tenants.chains.domain import ChainState
from tenants.chains.models import Chain
from tests import cast

BEGAN = datetime(2026, 3, 2, 4, tzinfo=UTC)


@pytest.fixture
def subscribed(database: None) -> Chain:
    """On plan B since 2 March; its schema is asked nothing here."""
    chain = cast.request("yunshan", plan="B")
    with clock.frozen(BEGAN), in_public():
        Chain.objects.filter(pk=chain.pk).update(state=ChainState.ACTIVE)
        begin_missing()
    return chain


def subscription_of(chain: Chain) -> Subscription:
    with in_public():
        return Subscription.objects.get(chain=chain)


def months(chain: Chain) -> list[date]:
    with in_public():
        found = Charge.objects.filter(chain=chain, kind="MONTH").order_by("pk")
        return list(found.values_list("period_start", flat=True))


def leave(chain: Chain, **fields: Any) -> None:
    with in_public():
        Chain.objects.filter(pk=chain.pk).update(**fields)


@pytest.mark.parametrize(
    ("fields", "ended_on"),
    [
        ({"state": ChainState.CLOSING}, date(2026, 4, 20)),
        # It left before anybody ended its subscription; midnight in China is not that in Greenwich.
        (
            {"state": ChainState.CLOSED, "closed_at": datetime(2026, 3, 20, 17, tzinfo=UTC), "export_sha256": "x"},
            date(2026, 3, 21),
        ),
    ],
)
def test_who_leaves_is_charged_no_further_month(subscribed: Chain, fields: dict[str, Any], ended_on: date) -> None:
    leave(subscribed, **fields)
    with clock.frozen(datetime(2026, 4, 20, 4, tzinfo=UTC)):
        tasks.run()
        tasks.run()
    assert subscription_of(subscribed).ended_on == ended_on
    assert months(subscribed) == [BEGAN.date()], "the month begun stays charged, and none follows"
    with in_public():
        assert audit_platform() == []
        (entry,) = AuditEntry.objects.filter(act="subscription.end")
    assert entry.detail == {"ended_on": str(ended_on), "charged_until": "2026-04-02"}


def test_who_stays_goes_on(subscribed: Chain) -> None:
    with in_public():
        assert end_departed() == 0
    assert renew_all(today=date(2026, 4, 2)) == 1
    assert subscription_of(subscribed).ended_on is None


def test_the_audit_finds_who_was_charged_for_what_came_after(subscribed: Chain) -> None:
    leave(subscribed, state=ChainState.CLOSED)
    renew_all(today=date(2026, 4, 2))
    with in_public():
        assert {finding.code for finding in audit_platform()} == {"left_and_subscribed"}
        Subscription.objects.filter(chain=subscribed).update(ended_on=date(2026, 3, 21))
    with in_public():
        assert {finding.code for finding in audit_platform()} == {"charged_after_the_end"}


def test_no_card_is_charged_for_who_has_left(subscribed: Chain) -> None:
    with in_public():
        card = SavedCard.objects.create(
            chain=subscribed, card_id="pm_1", brand="visa", last4="4242", exp_year=2030, exp_month=1, added_at=BEGAN
        )
        order = AutoTopUp.objects.create(
            chain=subscribed, enabled=True, threshold_fen=100_00, amount_fen=500_00, card=card,
            next_at=clock.now() - timedelta(days=1),
        )  # fmt: skip
    leave(subscribed, state=ChainState.CLOSING)
    assert charge_due() == 0
    with in_public():
        end_auto_top_up(subscribed)
        order.refresh_from_db()
    assert not order.enabled
