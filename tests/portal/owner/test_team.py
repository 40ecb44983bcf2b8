"""The console's page of stores and people: what the chain's own schema says, and the plan that it asks for."""

from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from billing.subscriptions.services import begin_missing
from kernel import clock
from kernel.db import in_chain, in_public
from tenants.chains.models import Chain
from tenants.people.domain import SYSTEM
from tenants.people.models import Role
from tenants.people.presets import OWNER_ROLE
from tenants.people.services import assign_role, create_staff
from tenants.stores.models import Store
from tenants.stores.services import close_store, open_store

PATH = "/console/chains/yunshan/team/"


@pytest.fixture
def console(chain: Chain, client_of: Callable[..., Client]) -> Client:
    """The owner's browser; his chain has subscribed."""
    browser = client_of(None)
    with in_public():
        begin_missing()
        browser.force_login(chain.owner)
    return browser


def _open(chain: Chain, *numbers: int) -> None:
    with in_chain(chain.schema_name):
        for number in numbers:
            open_store(actor=SYSTEM, code=f"{number:03}", name=f"{number} 号店", opened_on=clock.today())


def test_stores_with_the_plan_they_ask_for_and_people_with_their_roles(chain: Chain, console: Client) -> None:
    page = console.get(PATH).content.decode()
    assert "1 家，至少 A 版" in page
    assert "最多 4 家" in page
    assert "所有者" in page
    _open(chain, 2, 3, 4, 5)
    with in_chain(chain.schema_name):
        close_store(actor=SYSTEM, store_id=Store.objects.get(code="002").pk, closed_on=clock.today())
        for name, store in (("周敏", "003"), ("何川", None)):
            staff = create_staff(actor=SYSTEM, username=name, name=name, password="spruce-and-rain-9")
            role = Role.objects.exclude(code=OWNER_ROLE).order_by("pk").first()
            assert role is not None
            store_id = Store.objects.get(code=store).pk if store else None
            assign_role(actor=SYSTEM, user_id=staff.pk, role_code=role.code, store_id=store_id)
    page = console.get(PATH).content.decode()
    assert "4 家，至少 A 版" in page
    assert "2 号店" not in page
    assert "周敏" in page
    assert "· 3 号店" in page
    assert "· 全部门店" in page
    _open(chain, 6)
    assert "5 家，至少 B 版" in console.get(PATH).content.decode()


def test_as_many_queries_for_many(chain: Chain, console: Client) -> None:
    with CaptureQueriesContext(connection) as few:
        console.get(PATH)
    _open(chain, 2, 3, 4)
    with CaptureQueriesContext(connection) as many:
        console.get(PATH)
    assert len(many) == len(few)


def test_another_owner_finds_nothing(chain: Chain, other_chain: Chain, client_of: Callable[..., Client]) -> None:
    stranger = client_of(None)
    with in_public():
        stranger.force_login(other_chain.owner)
    assert stranger.get(PATH).status_code == 404
