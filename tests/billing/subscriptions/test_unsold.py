"""What does not work yet cannot be switched on or charged, whichever way it is tried."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime

import pytest
from django.test import Client

from billing.accounts.domain import Contra
from billing.accounts.queries import standing_of
from billing.accounts.services import credit
from billing.pricebook.domain import Plan
from billing.pricebook.modules import MODULES
from billing.subscriptions.domain import ALWAYS_ON, ModuleNotOffered, Terms
from billing.subscriptions.models import Charge, SubscribedModule, Subscription
from billing.subscriptions.queries import holding_of, quote
from billing.subscriptions.services import begin, begin_missing, change_terms, raise_to_floor, renew_all
from kernel import clock
from kernel.db import in_public
from tenants.chains.domain import ChainState
from tenants.chains.models import Chain
from tenants.people.domain import SYSTEM, Actor
from tests import cast

OWNER = Actor(kind="owner", id=1, name="沈知远")
UNSOLD = [number for number, module in MODULES.items() if not module.offered and number not in ALWAYS_ON]
PAID_FEN = 1_000_000_00
"""Enough for every set-up there is: what is refused is not refused for want of money."""


@pytest.fixture
def chain(database: None, held_clock: datetime) -> Chain:
    """A chain that has not been subscribed yet."""
    chain = cast.request("yunshan")
    with in_public():
        Chain.objects.filter(pk=chain.pk).update(state=ChainState.ACTIVE)
        credit(
            chain_id=chain.pk, amount_fen=PAID_FEN, key="test", source=Contra.CASH_STRIPE, actor=SYSTEM,
            occurred_at=clock.now(),
        )  # fmt: skip
        return Chain.objects.select_related("owner").get(pk=chain.pk)


@pytest.fixture
def subscribed(chain: Chain) -> Chain:
    """The same, on plan A with nothing else."""
    with in_public():
        begin_missing()
    return chain


def nothing_was_sold(chain: Chain) -> None:
    with in_public():
        chain.refresh_from_db()
        assert not set(UNSOLD) & set(chain.modules)
        assert not SubscribedModule.objects.filter(module__in=UNSOLD).exclude(plan="", next_plan="").exists()
        assert not Charge.objects.filter(module__in=UNSOLD).exists()


def test_what_is_not_sold() -> None:
    """Chain HQ among them, until stores are cleared with each other."""
    assert UNSOLD == [2, 3, 6, 7, 9, 12, 13, 15, 17, 18, 20]


@pytest.mark.parametrize("number", UNSOLD)
def test_the_service_refuses(subscribed: Chain, number: int) -> None:
    for plan in Plan:
        wanted = Terms.of(plan, [number])
        with in_public():
            seen = quote(holding_of(subscribed.pk), wanted, today=clock.today())
        with pytest.raises(ModuleNotOffered), in_public():
            change_terms(actor=OWNER, chain=subscribed, wanted=wanted, digest=seen.digest)
    nothing_was_sold(subscribed)
    with in_public():
        assert standing_of(subscribed.pk).prepaid_fen == PAID_FEN


def test_the_page_offers_none_and_takes_none(
    subscribed: Chain, client_of: Callable[..., Client], no_schema: None
) -> None:
    browser = client_of(None)
    with in_public():
        browser.force_login(subscribed.owner)
    path = f"/console/chains/{subscribed.slug}/subscription/"
    page = browser.get(path).content.decode()
    for number in UNSOLD:
        assert f'name="modules" value="{number}" disabled' in page
        asked = {"plan": "A", "modules": [number]}
        assert 'name="digest"' not in browser.post(f"{path}quote/", asked).content.decode()
        with in_public():
            digest = quote(holding_of(subscribed.pk), Terms.of(Plan.A, [number]), today=clock.today()).digest
        assert browser.post(f"{path}change/", {**asked, "digest": digest}).status_code == 422
    assert page.count("尚未开放") >= len(UNSOLD)
    nothing_was_sold(subscribed)


def test_no_subscription_begins_with_one(chain: Chain) -> None:
    """Neither by the service nor because the chain's row names it."""
    for number in UNSOLD:
        with pytest.raises(ModuleNotOffered), in_public():
            begin(chain=chain, modules=[number])
    with in_public():
        assert not Subscription.objects.exists()
        Chain.objects.filter(pk=chain.pk).update(modules=[*UNSOLD, 11])
        assert begin_missing() == 1
    nothing_was_sold(chain)
    with in_public():
        assert 11 in Chain.objects.get(pk=chain.pk).modules


def test_neither_more_stores_nor_a_new_period_nor_new_prices_bring_one(
    subscribed: Chain, monkeypatch: pytest.MonkeyPatch
) -> None:
    with in_public():
        Subscription.objects.filter(chain=subscribed).update(open_stores=16)
        assert raise_to_floor() == 1
    from billing.pricebook import queries

    book = queries.price_book_on(day=clock.today())
    dearer = {key: replace(price, monthly_fen=99_00) for key, price in book.prices.items()}
    april = replace(book, version="2026-04", effective_from=date(2026, 4, 1), prices=dearer)
    monkeypatch.setattr(queries, "_books", lambda: (book, april))
    renew_all(today=date(2026, 4, 2))
    with in_public():
        assert set(Charge.objects.filter(period_start=date(2026, 4, 2)).values_list("module", flat=True)) == ALWAYS_ON
    nothing_was_sold(subscribed)
