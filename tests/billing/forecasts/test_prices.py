"""Owners are told of new prices before they hold: by mail, once; on every page of theirs; and what they will cost."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from billing.accounts.domain import Contra
from billing.accounts.services import credit
from billing.forecasts import announcing
from billing.forecasts.announcing import announce_all
from billing.forecasts.domain import first_period_from
from billing.forecasts.queries import coming_prices, forecast_of
from billing.pricebook import queries
from billing.pricebook.domain import Plan, PriceBook
from billing.pricebook.queries import DATA, read_price_book
from billing.subscriptions.domain import Period, period_at
from billing.subscriptions.models import Charge, Subscription
from billing.subscriptions.queries import holding_of
from billing.subscriptions.services import begin_missing, renew_all
from kernel import clock
from kernel.db import in_public
from kernel.mail.models import OutgoingMail
from tenants.chains.domain import ChainState
from tenants.chains.models import Chain
from tenants.people.domain import SYSTEM
from tests import cast

DAY = date(2026, 3, 2)
FIRST = read_price_book(DATA / "prices-2026-01.csv")


def dearer(version: str = "2026-04", begins: date = date(2026, 4, 10), fen: int = 20_00) -> PriceBook:
    """The plan on B at so much a month instead of ¥18.00, and points at ¥30.00 instead of ¥25.00."""
    new = {(16, Plan.B): fen, (8, Plan.B): 30_00}
    prices = {key: replace(price, monthly_fen=new.get(key, price.monthly_fen)) for key, price in FIRST.prices.items()}
    return replace(FIRST, version=version, effective_from=begins, prices=prices)


def at(day: date) -> AbstractContextManager[object]:
    return clock.frozen(datetime(day.year, day.month, day.day, 4, tzinfo=UTC))


@pytest.fixture
def books(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Let these be approved, after the first."""

    def approve(*later: PriceBook) -> None:
        monkeypatch.setattr(queries, "_books", lambda: (FIRST, *later))

    return approve


@pytest.fixture
def subscribed(database: None) -> Callable[..., Chain]:
    """Make a chain on plan B since 2 March with money enough."""

    def made(slug: str = "yunshan", *, plan: str = "B") -> Chain:
        chain = cast.request(slug, plan=plan)
        with at(DAY), in_public():
            Chain.objects.filter(pk=chain.pk).update(state=ChainState.ACTIVE)
            begin_missing()
            credit(
                chain_id=chain.pk, amount_fen=1_000_00, key=f"test:{slug}", source=Contra.CASH_STRIPE, actor=SYSTEM,
                occurred_at=clock.now(),
            )  # fmt: skip
        return chain

    return made


def mails() -> list[OutgoingMail]:
    with in_public():
        return list(OutgoingMail.objects.order_by("pk"))


def test_every_owner_is_told_once_and_who_comes_later_too(
    subscribed: Callable[..., Chain], books: Callable[..., None]
) -> None:
    one = subscribed("one")
    with at(DAY):
        assert announce_all() == 0
        books(dearer())
        assert (announce_all(), announce_all()) == (1, 0)
    two = subscribed("two")
    with at(date(2026, 4, 9)):
        assert (announce_all(), announce_all()) == (1, 0)
    subscribed("three")
    with at(date(2026, 4, 10)):
        assert announce_all() == 0, "it holds: whoever comes now has read no other"
    assert [mail.recipients for mail in mails()] == [[one.owner.email], [two.owner.email]]


def test_the_message_says_what_and_from_when_in_both_languages(
    subscribed: Callable[..., Chain], books: Callable[..., None]
) -> None:
    """The period of 2 April keeps its prices; that of 2 May has the new."""
    subscribed()
    books(dearer())
    with at(DAY):
        announce_all()
    (mail,) = mails()
    assert mail.subject == "价格将从 2026-04-10 起调整：云杉汽车生活"
    assert "从 2026-05-02 开始的一期起按新价目计费：每月 ¥18.00 改为 ¥20.00" in mail.body
    assert "会员卡云端 B：每月 ¥18.00 → ¥20.00" in mail.body
    assert "会员积分" not in mail.body, "it has not subscribed to that"
    assert "a month ¥18.00 → ¥20.00" in mail.body


def test_whose_prices_stay_is_told_that(subscribed: Callable[..., Chain], books: Callable[..., None]) -> None:
    subscribed(plan="C")
    books(dearer())
    with at(DAY):
        announce_all()
    (mail,) = mails()
    assert "已订阅的模块价格不变，每月仍为 ¥36.00" in mail.body


def test_who_has_left_is_told_nothing(subscribed: Callable[..., Chain], books: Callable[..., None]) -> None:
    chain = subscribed()
    with in_public():
        Subscription.objects.filter(chain=chain).update(ended_on=DAY)
    books(dearer())
    with at(DAY):
        assert announce_all() == 0


def test_what_was_told_is_what_is_charged(subscribed: Callable[..., Chain], books: Callable[..., None]) -> None:
    chain = subscribed()
    books(dearer())
    with at(DAY), in_public():
        (step,) = coming_prices(chain.pk, today=DAY)
    assert (step.holds_from, step.month_before_fen, step.month_fen) == (date(2026, 5, 2), 18_00, 20_00)
    for month in (4, 5):
        with at(date(2026, month, 2)):
            renew_all()
    with in_public():
        months = Charge.objects.filter(chain=chain, kind="MONTH", period_start__gt=DAY).order_by("period_start")
        assert list(months.values_list("period_start", "amount_fen", "book")) == [
            (date(2026, 4, 2), 18_00, "2026-01"),
            (date(2026, 5, 2), 20_00, "2026-04"),
        ]
    with at(date(2026, 5, 2)), in_public():
        assert coming_prices(chain.pk, today=clock.today()) == []


def test_the_forecast_counts_with_the_prices_of_each_period(
    subscribed: Callable[..., Chain], books: Callable[..., None]
) -> None:
    """796.00 are left after 204.00 were owed and paid: 18.00 on 2 April, 400.00 on 2 May, and none for 2 June."""
    chain = subscribed()
    books(dearer(fen=400_00))
    with at(DAY), in_public():
        found = forecast_of(chain.pk, today=DAY)
    assert found is not None
    assert (found.next_fen, found.lasts_until) == (18_00, date(2026, 6, 2))
    with at(date(2026, 4, 2)):
        renew_all()
        with in_public():
            found = forecast_of(chain.pk, today=clock.today())
            assert found is not None
            assert (found.next_on, found.next_fen) == (date(2026, 5, 2), 400_00)


@pytest.mark.usefixtures("no_schema")
def test_every_page_of_the_chain_says_so_and_one_says_what(
    subscribed: Callable[..., Chain], books: Callable[..., None], client_of: Callable[..., Client]
) -> None:
    chain = subscribed()
    browser = client_of(None)
    with in_public():
        browser.force_login(chain.owner)
    base, said = f"/console/chains/{chain.slug}/", "价格将从 2026-04-10 起调整"
    with at(DAY):
        assert "现行价目 2026-01" in browser.get(f"{base}prices/").content.decode()
        for page in ("account/", "subscription/", "statements/"):
            assert said not in browser.get(base + page).content.decode()
        books(dearer(), dearer("2026-07", date(2026, 7, 2), 25_00))
        for page in ("account/", "subscription/", "statements/"):
            assert said in browser.get(base + page).content.decode()
        page = browser.get(f"{base}prices/").content.decode()
    for words in ("从 2026-05-02 开始的一期起", "¥20.00", "从 2026-07-02 开始的一期起", "¥25.00", "会员积分"):
        assert words in page
    with in_public():
        stranger = client_of(None)
        stranger.force_login(cast.make_owner())
    assert stranger.get(f"{base}prices/").status_code == 404


def test_many_owners_take_the_queries_of_one(
    subscribed: Callable[..., Chain], books: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(4):
        subscribed(f"chain{number}")
    books(dearer())
    monkeypatch.setattr(announcing, "post_in_every_language", lambda *_: True)
    with at(DAY), CaptureQueriesContext(connection) as many:
        assert announce_all() == 4
    assert len(many) <= 8


@given(anchor=st.dates(date(2024, 1, 1), date(2026, 1, 1)), day=st.dates(date(2024, 1, 1), date(2030, 1, 1)))
def test_the_first_period_from_a_day(anchor: date, day: date) -> None:
    found = first_period_from(anchor=anchor, day=day)
    assert found >= max(anchor, day)
    period = period_at(anchor=anchor, day=found)
    assert period == Period(found, period.end)
    if day > anchor:
        before = period_at(anchor=anchor, day=day)
        assert found in {before.start, before.end}


def test_a_holding_is_asked_for_only_where_something_comes(
    subscribed: Callable[..., Chain], books: Callable[..., None]
) -> None:
    chain = subscribed()
    books()
    with in_public():
        assert holding_of(chain.pk).terms.plan == Plan.B
        with CaptureQueriesContext(connection) as asked:
            assert coming_prices(chain.pk, today=DAY) == []
    assert len(asked) == 0
