"""What chains had before it was sold stays theirs for a while, for nothing; they are told, and then it ends."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, date, datetime

import pytest
from django.test import Client

from billing.forecasts.gating import announce_gated
from billing.pricebook.modules import MODULES_BY_CODE
from billing.subscriptions.entitlements import free_until, has_module, modules_of
from billing.subscriptions.models import Charge
from billing.subscriptions.services import begin_missing
from kernel.clock import frozen
from kernel.db import in_public
from kernel.mail.models import OutgoingMail
from tenants.chains.domain import ChainState
from tenants.chains.models import Chain
from tenants.chains.queries import chain_of, forget_hosts
from tests import cast

SOLD, ENDS = date(2026, 11, 22), date(2027, 1, 21)
BOTH = {"points", "packages"}


def at(day: date) -> AbstractContextManager[object]:
    return frozen(datetime(day.year, day.month, day.day, 4, tzinfo=UTC))


@pytest.fixture
def made(database: None) -> Callable[..., Chain]:
    """A chain on plan A that began on a day and has subscribed to nothing; it has no schema."""

    def make(day: date, slug: str = "yunshan") -> Chain:
        with at(day):
            chain = cast.request(slug)
            with in_public():
                Chain.objects.filter(pk=chain.pk).update(state=ChainState.ACTIVE)
                begin_missing()
                return Chain.objects.select_related("owner").get(pk=chain.pk)

    return make


def has(chain: Chain, day: date) -> set[str]:
    """Of the two, which it has; by the chain's row and by what processes remember of it alike."""
    forget_hosts()
    with at(day), in_public():
        kept = chain_of(chain.schema_name)
        assert kept is not None
        assert modules_of(kept) == modules_of(chain)
        return {code for code in BOTH if has_module(chain, code)}


def test_who_was_there_before_keeps_both_for_sixty_days_and_is_charged_nothing(made: Callable[..., Chain]) -> None:
    chain = made(date(2026, 3, 2))
    days = (date(2026, 11, 21), SOLD, date(2027, 1, 20), ENDS)
    assert [has(chain, day) for day in days] == [set(), BOTH, BOTH, set()]
    with in_public():
        assert not Charge.objects.exists()


def test_who_comes_later_subscribes(made: Callable[..., Chain]) -> None:
    chain = made(SOLD)
    assert has(chain, SOLD) == set()
    with at(SOLD):
        assert announce_gated() == 0


def test_what_was_always_sold_is_free_for_nobody(made: Callable[..., Chain]) -> None:
    chain = made(date(2026, 3, 2))
    with at(SOLD):
        assert not has_module(chain, "open_api")
        assert free_until(chain, MODULES_BY_CODE["open_api"]) is None


def test_owners_are_told_when_it_begins_and_a_week_before_it_ends(made: Callable[..., Chain]) -> None:
    chain = made(date(2026, 3, 2))
    number = MODULES_BY_CODE["packages"].number
    told = {}
    for day in (date(2026, 11, 21), SOLD, date(2026, 11, 23), date(2027, 1, 13), date(2027, 1, 14), date(2027, 1, 15)):
        with at(day):
            told[day.isoformat()] = announce_gated()
        if day == SOLD:
            # She subscribes to one of them: of that she is told no more.
            with in_public():
                Chain.objects.filter(pk=chain.pk).update(modules=[*chain.modules, number])
    assert told == {
        "2026-11-21": 0, "2026-11-22": 2, "2026-11-23": 0, "2027-01-13": 0, "2027-01-14": 1, "2027-01-15": 0,
    }  # fmt: skip
    with in_public():
        mails = list(OutgoingMail.objects.order_by("pk"))
    assert {tuple(mail.recipients) for mail in mails} == {(chain.owner.email,)}
    assert [mail.subject for mail in mails] == [
        "“会员积分”可免费用到 2027-01-21：云杉汽车生活",
        "“计次计时套餐”可免费用到 2027-01-21：云杉汽车生活",
        "“会员积分”可免费用到 2027-01-21：云杉汽车生活",
    ]
    assert "A 版每月 ¥12.00" in mails[0].body
    assert "free until 2027-01-21" in mails[0].body


def test_the_console_says_until_when(
    made: Callable[..., Chain], client_of: Callable[..., Client], no_schema: None
) -> None:
    chain = made(date(2026, 3, 2))
    browser = client_of(None)
    with in_public():
        browser.force_login(chain.owner)
    path = f"/console/chains/{chain.slug}/subscription/"
    for day, times in ((SOLD, 2), (ENDS, 0)):
        with at(day):
            assert browser.get(path).content.decode().count("免费用到 2027-01-21") == times
