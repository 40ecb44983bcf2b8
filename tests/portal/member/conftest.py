"""A member at the door of a chain whose plan shows balances."""

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from django.test import Client

from kernel import clock
from kernel.db import in_public
from tenants.chains.models import Chain
from tenants.chains.queries import forget_hosts
from tenants.people.domain import SYSTEM
from tenants.stores.services import open_store
from tests.membership.conftest import Holder, clerk, holder, idle_cards, issue, store_id
from tests.portal.desk.conftest import queries

__all__ = ["clerk", "holder", "idle_cards", "issue", "queries", "store_id"]

CHOSEN_PIN = "730281"


@pytest.fixture
def on_plan(chain: Chain, in_chain: Callable[..., AbstractContextManager[None]]) -> Callable[..., None]:
    """``on_plan("B", stores=2)``: what the chain pays for, and how many stores it has."""

    def change(plan: str, *, stores: int) -> None:
        with in_public():
            Chain.objects.filter(pk=chain.pk).update(plan=plan)
        forget_hosts()
        with in_chain():
            for number in range(2, stores + 1):
                open_store(actor=SYSTEM, code=f"{number:03}", name=f"{number} 号店", opened_on=clock.today())

    return change


@pytest.fixture
def log_in(chain: Chain, client_of: Callable[..., Client]) -> Callable[[Holder], Client]:
    """``log_in(holder)``: her browser, the initial PIN already changed to one of her own."""

    def enter(who: Holder) -> Client:
        browser = client_of(chain)
        browser.post("/", {"card_number": who.number, "pin": who.pin})
        browser.post("/card/pin/", {"new_pin": CHOSEN_PIN, "new_pin_again": CHOSEN_PIN})
        return browser

    return enter
