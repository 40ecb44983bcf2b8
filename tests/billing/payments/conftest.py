"""A chain that pays through the simulated service, whose every request is checked against Stripe's own types."""

from collections.abc import Iterator

import pytest

from billing.auditing import audit_platform
from kernel.db import in_public
from ledger.audit import audit_schema
from tenants.chains.domain import ChainState
from tenants.chains.models import Chain
from tests import cast
from tests.billing.payments.town import Town
from tests.billing.payments.typed import CheckedTransport


@pytest.fixture
def checked(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[CheckedTransport]]:
    """The transport behind which every test stands: it refuses what Stripe's types do not know, and remembers what was
    asked.
    """
    monkeypatch.setattr(CheckedTransport, "seen", [])
    yield CheckedTransport
    CheckedTransport.kill_next = False


@pytest.fixture
def shop(database: None) -> Chain:
    """A chain that pays; its own schema is not needed for that."""
    return cast.request("yunshan")


@pytest.fixture
def town(shop: Chain, checked: type[CheckedTransport], sent_tasks: list[str]) -> Iterator[Town]:
    """The shop, the simulated service, and the workers, all at the test's own pace. The books are proved afterwards."""
    yield Town(shop)
    assert [str(finding) for finding in (*audit_schema("public"), *audit_platform())] == []


@pytest.fixture
def make_active(shop: Chain) -> None:
    """Only chains that are in use are topped up."""
    with in_public():
        Chain.objects.filter(pk=shop.pk).update(state=ChainState.ACTIVE)
