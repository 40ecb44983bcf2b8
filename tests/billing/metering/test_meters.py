"""Each meter counts a chain's own rows: all of them, once, whenever they were committed and whoever died meanwhile."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils.translation import gettext_lazy as _
from pytest_django import Settings

from billing.accounts.queries import standing_of
from billing.auditing import audit_platform
from billing.metering import registry, services
from billing.metering.domain import NO_MODULE, Meter
from billing.metering.models import UsageCount
from billing.metering.queries import calls_of
from billing.metering.services import count_usage
from billing.subscriptions.models import Charge
from billing.subscriptions.services import begin_missing, charge_all_calls
from kernel import clock
from kernel.db import in_chain, in_public
from kernel.sms.services import deliver_due, post
from tenants.audit.services import record
from tenants.chains.models import Chain
from tenants.people.domain import SYSTEM
from tests.cleaning import superuser
from tests.kernel.sms.carrier import Carrier, carrier

HOUR = timedelta(hours=1)
GRANTED = Meter(
    code="card_application",
    name=_("自助办卡"),
    module=NO_MODULE,
    rows="SELECT occurred_at AS at FROM {s}.audit_auditentry WHERE act = 'test.granted' AND occurred_at >= %(since)s",
    listed="SELECT occurred_at, act, object_id FROM {s}.audit_auditentry WHERE false AND %(limit)s > 0",
    subject=_("申请编号"),
)


@pytest.fixture
def gateway(settings: Settings) -> Iterator[Carrier]:
    with carrier() as one:
        settings.SMS_URL = f"webhook+http://:s3cret@127.0.0.1:{one.port}/sms?from=kayun"
        yield one


@pytest.fixture
def granting(monkeypatch: pytest.MonkeyPatch) -> None:
    """A meter without a module, whose rows are entries of the trail: what applications for cards register."""
    monkeypatch.setitem(registry._meters, GRANTED.code, GRANTED)


def send(chain: Chain, number: int = 1) -> None:
    with in_chain(chain.schema_name):
        for _number in range(number):
            post(
                phone="+8613900001234", template="pin_code", params={}, text="验证码 193746",
                useless_at=clock.now() + HOUR,
            )  # fmt: skip
    deliver_due(chain.schema_name)


def grant(chain: Chain) -> None:
    with in_chain(chain.schema_name):
        record(SYSTEM, "test.granted", object_type="card", object_id="1")


def counted(chain: Chain, meter: str = "sms") -> int:
    with in_public():
        count_usage(since=clock.now() - HOUR)
    with in_public():
        return sum(UsageCount.objects.filter(chain=chain, meter=meter).values_list("quantity", flat=True))


def arrears(chain: Chain) -> int:
    with in_public():
        return standing_of(chain.pk).arrears_fen


def lines(chain: Chain) -> list[tuple[Any, ...]]:
    with in_public():
        found = Charge.objects.filter(chain=chain, kind__in=["CALLS", "APPLICATION"]).order_by("pk")
        return list(found.values_list("kind", "module", "plan", "price_fen", "quantity", "amount_fen"))


def test_messages_the_carrier_took_are_counted_and_no_others(
    chain: Chain, other_chain: Chain, gateway: Carrier
) -> None:
    send(chain, 2)
    gateway.answer = (400, b"no")
    send(chain)
    gateway.answer = None
    with in_chain(chain.schema_name):
        post(phone="+8613900001234", template="pin_code", params={}, text="x", useless_at=clock.now() + HOUR)
    assert (counted(chain), counted(chain), counted(other_chain)) == (2, 2, 0)
    calls = calls_of(chain.schema_name, meter="sms", since=clock.now() - HOUR, until=clock.now() + HOUR, limit=10)
    assert [(call.what, call.subject) for call in calls] == [("pin_code", "+86139****1234")] * 2


def test_codes_are_charged_at_the_price_of_the_module_though_it_is_off(chain: Chain, gateway: Carrier) -> None:
    with in_public():
        begin_missing()
    begun = arrears(chain)
    send(chain, 3)
    assert counted(chain) == 3
    tomorrow = clock.today() + timedelta(days=1)
    assert (charge_all_calls(today=clock.today()), charge_all_calls(today=tomorrow)) == (0, 1)
    assert charge_all_calls(today=tomorrow) == 0
    assert lines(chain) == [("CALLS", 6, "A", 8, 3, 24)]
    assert arrears(chain) - begun == 24


def test_a_message_marked_in_a_transaction_that_stays_open_is_found(chain: Chain, gateway: Carrier) -> None:
    send(chain)
    with superuser() as session:
        with session.transaction():
            session.execute(
                f"INSERT INTO {chain.schema_name}.sms_outgoingtext (template, masked, content, state, attempts, error,"
                " created_at, useless_at, due_at, sent_at)"
                " VALUES ('t', 'm', '', 'SENT', 1, '', %(n)s, %(n)s, %(n)s, %(n)s)",
                {"n": clock.now()},
            )
            assert (counted(chain), counted(chain)) == (1, 1)
        assert counted(chain) == 2


def test_a_counting_that_was_killed_anywhere_is_made_good(
    chain: Chain, other_chain: Chain, gateway: Carrier, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between two meters, and after everything but the commit."""
    send(chain)
    send(other_chain, 2)
    real = services._count

    def killed_at(meter: Meter, chains: Any, *, since: datetime) -> list[int]:
        if meter.code == "sms":
            real(meter, chains, since=since)
            raise KeyboardInterrupt
        return real(meter, chains, since=since)

    with monkeypatch.context() as patch:
        patch.setattr(services, "_count", killed_at)
        with pytest.raises(KeyboardInterrupt), in_public():
            count_usage(since=clock.now() - HOUR)
    with in_public():
        assert not UsageCount.objects.exists()
    assert (counted(chain), counted(other_chain)) == (1, 2)


@pytest.mark.usefixtures("granting")
@pytest.mark.parametrize(("plan", "fen"), [("A", 0), ("B", 300), ("C", 200)])
def test_a_card_by_application_has_the_price_of_the_plan(make_chain: Any, plan: str, fen: int) -> None:
    """R-A13, R-A14."""
    chain = make_chain("yunshan", plan=plan)
    with in_public():
        begin_missing()
    before = arrears(chain)
    grant(chain)
    grant(chain)
    assert counted(chain, GRANTED.code) == 2
    tomorrow = clock.today() + timedelta(days=1)
    assert (charge_all_calls(today=tomorrow), charge_all_calls(today=tomorrow)) == (1 if fen else 0, 0)
    assert lines(chain) == ([("APPLICATION", 0, plan, fen, 2, 2 * fen)] if fen else [])
    grant(chain)
    counted(chain, GRANTED.code)
    charge_all_calls(today=tomorrow)
    assert arrears(chain) - before == 3 * fen
    with in_public():
        assert audit_platform() == []


@pytest.mark.usefixtures("granting")
def test_what_costs_nothing_keeps_nobody_waiting(
    chain: Chain, other_chain: Chain, gateway: Carrier, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A batch that finds only what is free is followed by the next."""
    monkeypatch.setattr("billing.subscriptions.services.calls.BATCH", 1)
    with in_public():
        begin_missing()
    begun = (arrears(chain), arrears(other_chain))
    grant(chain)
    send(other_chain)
    counted(chain)
    assert charge_all_calls(today=clock.today() + timedelta(days=1)) == 1
    assert (arrears(chain) - begun[0], arrears(other_chain) - begun[1]) == (0, 8)


def test_one_meter_to_a_code_and_to_a_module() -> None:
    with pytest.raises(ValueError, match="one meter"):
        registry.register(Meter("other", _("x"), registry.METERS["sms"].module, "", "", _("x")))
    registry.register(registry.METERS["sms"])
    assert [meter.code for meter in registry.METERS.values()][:2] == ["api", "sms"]


def test_counting_goes_along_an_index(chain: Chain) -> None:
    sql = registry.METERS["sms"].rows.replace("{s}", chain.schema_name)
    with in_chain(chain.schema_name), connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(f"EXPLAIN {sql}", {"since": clock.now()})
        assert "text_taken" in str(cursor.fetchall())
