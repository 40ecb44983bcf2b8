"""The audit finds what nobody could have done: each check is broken once, as the administrator alone can."""

from collections.abc import Callable
from datetime import datetime

import pytest

from billing.auditing import audit_platform
from billing.subscriptions.services import begin_missing
from kernel.db import in_public
from tenants.chains.domain import ChainState
from tenants.chains.models import Chain
from tests import cast
from tests.cleaning import superuser


@pytest.fixture
def broken(database: None, held_clock: datetime) -> Callable[[str], set[str]]:
    """Break the books of a chain on plan B, and say which checks find it."""
    chain = cast.request("yunshan", plan="B")
    with in_public():
        Chain.objects.filter(pk=chain.pk).update(state=ChainState.ACTIVE)
        begin_missing()
        assert audit_platform() == []

    def found(statement: str) -> set[str]:
        with superuser() as connection, connection.transaction():
            connection.execute("SET LOCAL session_replication_role = replica")
            connection.execute(statement)
        with in_public():
            return {finding.code for finding in audit_platform()}

    return found


@pytest.mark.parametrize(
    ("statement", "checks"),
    [
        ("UPDATE subscriptions_charge SET amount_fen = amount_fen + 1 WHERE kind = 'MONTH'", {"charges_and_posting"}),
        ("DELETE FROM subscriptions_charge WHERE kind = 'MONTH'", {"charges_and_posting"}),
        ("UPDATE subscriptions_subscribedmodule SET setup_paid_fen = 1", {"setup_charged"}),
        ("UPDATE chains_chain SET modules = '{1,4,9,16,19}'", {"entitlements"}),
        ("UPDATE chains_chain SET plan = 'C'", {"entitlements"}),
    ],
)
def test_each_check_finds_what_it_looks_for(
    broken: Callable[[str], set[str]], statement: str, checks: set[str]
) -> None:
    assert broken(statement) == checks
