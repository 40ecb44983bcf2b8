"""How long an account lasts, and that its owner is told in time, once at each level."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from billing.accounts.domain import AccountStanding, Contra
from billing.accounts.services import credit
from billing.forecasts.domain import Level, forecast
from billing.forecasts.queries import forecast_of
from billing.forecasts.services import warn, warn_all
from billing.subscriptions.services import begin_missing, renew_all
from kernel import clock
from kernel.calendar import add_months
from kernel.db import in_public
from kernel.mail.models import OutgoingMail
from tenants.chains.domain import ChainState
from tenants.chains.models import Chain
from tenants.people.domain import SYSTEM
from tests import cast

DAY = date(2026, 3, 2)


def _at(day: date) -> AbstractContextManager[object]:
    return clock.frozen(datetime(day.year, day.month, day.day, 4, tzinfo=UTC))


def _pay(chain: Chain, fen: int) -> None:
    with in_public():
        credit(
            chain_id=chain.pk,
            amount_fen=fen,
            key=f"test:{clock.now()}:{chain.pk}",
            source=Contra.CASH_STRIPE,
            actor=SYSTEM,
            occurred_at=clock.now(),
        )


@pytest.fixture
def subscribed(database: None) -> Callable[..., Chain]:
    """Make a chain on plan B since 2 March: 204.00 taken at once, 18.00 on the 2nd of each month."""

    def made(slug: str = "yunshan", *, fen: int = 0, plan: str = "B") -> Chain:
        chain = cast.request(slug, plan=plan)
        with _at(DAY):
            with in_public():
                Chain.objects.filter(pk=chain.pk).update(state=ChainState.ACTIVE)
                begin_missing()
            if fen:
                _pay(chain, fen)
        return chain

    return made


def _warn(day: date) -> list[str]:
    """What owners are told that day."""
    with in_public():
        before = set(OutgoingMail.objects.values_list("pk", flat=True))
    with _at(day):
        warn_all()
    with in_public():
        new = OutgoingMail.objects.exclude(pk__in=before).order_by("pk")
        return [mail.subject for mail in new]


def test_by_hand(subscribed: Callable[..., Chain]) -> None:
    """36.00 are left: April's and May's months; June's, on 2 June, cannot be paid."""
    chain = subscribed(fen=240_00)
    with in_public():
        found = forecast_of(chain.pk, today=DAY)
    assert found is not None
    assert (found.standing.prepaid_fen, found.next_on, found.next_fen) == (36_00, date(2026, 4, 2), 18_00)
    assert (found.lasts_until, found.days_left, found.level) == (date(2026, 6, 2), 92, Level.FINE)


def test_what_costs_nothing_lasts(subscribed: Callable[..., Chain]) -> None:
    chain = subscribed(plan="A")
    with in_public():
        found = forecast_of(chain.pk, today=DAY)
    assert found is not None
    assert (found.days_left, found.level) == (None, Level.FINE)
    assert _warn(DAY) == []


@given(
    prepaid=st.integers(0, 10_000), calls=st.integers(0, 3_000), monthly=st.integers(0, 5_000), today=st.dates(
        date(2024, 1, 1), date(2030, 1, 1)
    )
)  # fmt: skip
def test_what_is_foretold_is_what_comes(prepaid: int, calls: int, monthly: int, today: date) -> None:
    # From the fourth on by dearer prices.
    periods = [(add_months(today + timedelta(days=9), months), monthly + 700 * (months > 3)) for months in range(14)]
    found = forecast(standing=AccountStanding(prepaid, 0), calls_fen=calls, periods=periods, today=today)

    def due(day: date) -> int:
        return found.daily_fen * (day - today).days + sum(fen for begins, fen in periods if begins <= day)

    if found.lasts_until is None:
        assert due(today + timedelta(days=365)) <= prepaid
    else:
        assert due(found.lasts_until - timedelta(days=1)) <= prepaid < due(found.lasts_until)


def test_the_owner_is_told_once_at_each_level_and_again_after_recovering(subscribed: Callable[..., Chain]) -> None:
    """What is left after 2 April does not pay for 2 May."""
    chain = subscribed(fen=225_00)
    with _at(date(2026, 4, 2)):
        renew_all()
    low, owing, held = (
        "账户余额不足：云杉汽车生活",
        "账户已欠费：云杉汽车生活",
        "账户欠费，部分业务已暂停：云杉汽车生活",
    )
    days = {
        date(2026, 4, 17): [],
        date(2026, 4, 18): [low],
        date(2026, 4, 19): [],
        date(2026, 4, 25): [low],
        date(2026, 4, 29): [low],
        date(2026, 5, 1): [],
    }
    assert {day: _warn(day) for day in days} == days
    with _at(date(2026, 5, 2)):
        renew_all()
    assert [_warn(date(2026, 5, 2)), _warn(date(2026, 5, 3))] == [[owing], []]
    assert [_warn(date(2026, 5, 16)), _warn(date(2026, 5, 17)), _warn(date(2026, 5, 18))] == [[], [held], []]
    with _at(date(2026, 5, 18)):
        _pay(chain, 30_00)
    # Whoever has just paid is not told at once that a fortnight is left; but again as the day comes nearer.
    assert [_warn(date(2026, 5, 19)), _warn(date(2026, 5, 26)), _warn(date(2026, 5, 27))] == [[], [low], []]


def test_the_message_says_what_and_when_in_both_languages(subscribed: Callable[..., Chain]) -> None:
    chain = subscribed(fen=210_00)
    _warn(date(2026, 3, 20))
    with in_public():
        mail = OutgoingMail.objects.get()
    assert mail.recipients == [chain.owner.email]
    assert "账户余额为 ¥6.00，按目前用量预计到 2026-04-02 不够支付" in mail.body
    assert "holds ¥6.00" in mail.body


def test_many_chains_take_the_queries_of_one(subscribed: Callable[..., Chain]) -> None:
    chains = [subscribed(f"chain{number}", fen=10_000_00) for number in range(5)]
    subscribed("other", fen=10_000_00)
    with in_public():
        with CaptureQueriesContext(connection) as one:
            warn([chains[0].pk], today=DAY)
        with CaptureQueriesContext(connection) as many:
            warn([chain.pk for chain in chains], today=DAY)
    assert len(one) == len(many) <= 8


@pytest.mark.usefixtures("no_schema")
def test_the_console_says_so_on_every_page(subscribed: Callable[..., Chain], client_of: Callable[..., Client]) -> None:
    chain = subscribed(fen=210_00)
    browser = client_of(None)
    with in_public():
        browser.force_login(chain.owner)
    said = "账户余额预计到 2026-04-02 不够支付"
    for page in ("account/", "subscription/", "statements/"):
        path = f"/console/chains/yunshan/{page}"
        with _at(date(2026, 3, 10)):
            assert said not in browser.get(path).content.decode()
        with _at(date(2026, 3, 20)):
            assert said in browser.get(path).content.decode()
    _warn(date(2026, 3, 20))
    assert "余额不足" in browser.get("/console/").content.decode()
