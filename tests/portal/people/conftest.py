"""People at the desk, logged in."""

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from django.test import Client

from tenants.chains.models import Chain
from tenants.people.domain import SYSTEM
from tenants.people.models import User
from tenants.people.services import assign_role

PASSWORD = "qing-shan-2026"


@pytest.fixture
def at_desk(
    chain: Chain, client_of: Callable[..., Client], in_chain: Callable[..., AbstractContextManager[None]]
) -> Callable[..., Client]:
    """``at_desk("CASHIER", store_id=1)``: a browser in which somebody with these roles has logged in."""

    def logged_in(*roles: str, store_id: int | None = None) -> Client:
        browser = client_of(chain)
        with in_chain():
            name = "-".join(roles).lower() or "nobody"
            person = User.objects.create(username=name, name=name)
            for role in roles:
                assign_role(actor=SYSTEM, user_id=person.pk, role_code=role, store_id=store_id)
            browser.force_login(person)
        return browser

    return logged_in


@pytest.fixture
def owner_at_desk(
    chain: Chain, client_of: Callable[..., Client], in_chain: Callable[..., AbstractContextManager[None]]
) -> Client:
    """A browser in which the owner has come to the desk."""
    browser = client_of(chain)
    with in_chain():
        browser.force_login(User.objects.get(owner_id=chain.owner_id))
    return browser
