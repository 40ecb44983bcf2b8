"""A chain that has owed the platform for too long promises nothing new; what is on the cards stays the members'."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta

from django.http import HttpResponse
from django.test import Client

from kernel import clock
from kernel.db import in_public
from ledger.models import Account
from tenants.chains.models import Chain
from tenants.chains.queries import forget_hosts
from tests.membership.conftest import Holder

Hidden = Callable[[HttpResponse, str], str]
InChain = Callable[..., AbstractContextManager[None]]


def _owes(chain: Chain, *, days_left: int) -> None:
    with in_public():
        Chain.objects.filter(pk=chain.pk).update(held_from=clock.today() + timedelta(days=days_left))
    forget_hosts()


def _ring_up(browser: Client, hidden: Hidden, number: str, mode: str, amount: str = "10") -> str:
    page: HttpResponse = browser.get("/desk/till/")  # type: ignore[assignment]
    form = {"idempotency_key": hidden(page, "idempotency_key"), "card": number, "mode": mode, "amount": amount}
    return browser.post("/desk/till/", form, follow=True).content.decode()


def test_nothing_new_is_promised_and_everything_else_goes_on(
    owner_at_desk: Client,
    chain: Chain,
    in_chain: InChain,
    holder: Holder,
    hidden: Hidden,
    client_of: Callable[..., Client],
) -> None:
    def balance() -> int:
        with in_chain():
            return Account.objects.get(pk=holder.card.stored_account_id).balance

    before = balance()
    assert "商户账户欠费" not in owner_at_desk.get("/desk/").content.decode()
    _owes(chain, days_left=1)
    assert "前充值，否则从那天起暂停" in owner_at_desk.get("/desk/").content.decode()
    _ring_up(owner_at_desk, hidden, holder.number, "top_up")
    assert balance() == before + 1_000
    _owes(chain, days_left=0)
    assert "已暂停制卡、发卡" in owner_at_desk.get("/desk/").content.decode()
    assert "暂停“充值”" in _ring_up(owner_at_desk, hidden, holder.number, "top_up", "20")
    assert balance() == before + 1_000
    _ring_up(owner_at_desk, hidden, holder.number, "consume")
    assert balance() == before
    # Members are not told.
    assert "欠费" not in client_of(chain).get("/").content.decode()
