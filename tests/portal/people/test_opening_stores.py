"""Opening a store that crosses the line of the plan: its cost is said at once, agreed to, told, and then charged."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from django.test import Client

from billing.subscriptions.models import Charge, SubscribedModule, Subscription
from billing.subscriptions.services import begin_missing, count_stores, raise_to_floor
from kernel import clock
from kernel.db import in_chain, in_public
from kernel.mail.models import OutgoingMail
from tenants.chains.models import Chain
from tenants.people.models import User
from tenants.stores.models import Store

FIELDS = {"code": "900", "name": "新店", "opened_on": "2026-03-23"}


def _shop(make_chain: Callable[..., Chain], *, plan: str, stores: int) -> Chain:
    with clock.frozen(datetime(2026, 3, 2, 4, tzinfo=UTC)):
        chain = make_chain("yunshan", plan=plan, stores=stores)
        with in_public():
            Chain.objects.filter(pk=chain.pk).update(modules=[])
            begin_missing()
    return chain


@pytest.mark.parametrize(
    ("plan", "stores", "total", "why"),
    [
        ("A", 4, 186_00 + 5_81, "营业门店 5 家，超过 4 家须用 B 版"),
        ("B", 15, 100_00 + 5_81, "营业门店 16 家，超过 15 家须用 C 版"),
        ("A", 15, 286_00 + 11_61, "营业门店 16 家，超过 15 家须用 C 版"),
    ],
)
def test_it_is_shown_agreed_told_and_charged(
    make_chain: Callable[..., Chain],
    client_of: Callable[..., Client],
    plan: str,
    stores: int,
    total: int,
    why: str,
) -> None:
    """R-A16 … R-A19, X-06. Ten of 31 days are left: B costs 18.00 × 10/31 = 5.81, C 36.00 × 10/31 = 11.61."""
    chain = _shop(make_chain, plan=plan, stores=stores)
    browser = client_of(chain)
    with in_chain(chain.schema_name):
        browser.force_login(User.objects.get(owner_id=chain.owner_id))
    shown = f"¥{total / 100:.2f}"
    with clock.frozen(datetime(2026, 3, 23, 4, tzinfo=UTC)):
        page = browser.get("/desk/stores/").content.decode()
        assert f"再开一家即为 {stores + 1} 家" in page
        assert shown in page
        assert why in page
        refused = browser.post("/desk/stores/", FIELDS)
        assert refused.status_code == 200
        with in_chain(chain.schema_name):
            assert (Store.objects.count(), OutgoingMail.objects.count()) == (stores, 0)
        answer = browser.post("/desk/stores/", FIELDS | {"agreed": "on"}, follow=True)
        assert shown in answer.content.decode()
        with in_chain(chain.schema_name):
            mail = OutgoingMail.objects.get()
        assert mail.recipients == [chain.owner.email]
        assert shown in mail.body
        with in_public():
            before = set(Charge.objects.values_list("pk", flat=True))
            count_stores()
            raise_to_floor()
            charges = Charge.objects.exclude(pk__in=before)
            assert sum(charges.values_list("amount_fen", flat=True)) == total
            most = 4 if stores < 5 else 15
            assert set(charges.values_list("open_stores", "most_stores")) == {(stores + 1, most)}


def test_below_the_line_nothing_is_asked(make_chain: Callable[..., Chain], client_of: Callable[..., Client]) -> None:
    chain = _shop(make_chain, plan="A", stores=3)
    browser = client_of(chain)
    with in_chain(chain.schema_name):
        browser.force_login(User.objects.get(owner_id=chain.owner_id))
    with clock.frozen(datetime(2026, 3, 23, 4, tzinfo=UTC)):
        assert "再开一家即为" not in browser.get("/desk/stores/").content.decode()
        assert browser.post("/desk/stores/", FIELDS).status_code == 302
    with in_chain(chain.schema_name):
        assert OutgoingMail.objects.count() == 0


@pytest.mark.parametrize(
    ("agreed", "stores", "plan"),
    [("A", 3, None), ("A", 4, "B"), ("B", 4, None), ("A", 14, "B"), ("B", 14, None), ("A", 15, "C"), ("B", 15, "C")],
)
def test_what_was_agreed_for_later_is_raised_too(
    make_chain: Callable[..., Chain], client_of: Callable[..., Client], agreed: str, stores: int, plan: str | None
) -> None:
    """R-A17 … R-A19: on C, with less agreed from 2 April; nothing is charged now."""
    chain = _shop(make_chain, plan="C", stores=stores)
    with in_public():
        Subscription.objects.filter(chain=chain).update(next_plan=agreed)
        SubscribedModule.objects.filter(subscription__chain=chain).update(next_plan=agreed)
    browser, console = client_of(chain), client_of(None)
    with in_chain(chain.schema_name):
        browser.force_login(User.objects.get(owner_id=chain.owner_id))
    with in_public():
        console.force_login(chain.owner)
    with clock.frozen(datetime(2026, 3, 23, 4, tzinfo=UTC)):
        page = browser.get("/desk/stores/").content.decode()
        assert ("2026-04-02 起须为" in page) == (plan is not None)
        told = browser.post("/desk/stores/", FIELDS | {"agreed": "on"}, follow=True).content.decode()
        with in_chain(chain.schema_name):
            mails = list(OutgoingMail.objects.all())
        # Nobody has counted the stores meanwhile: the page counts them, and shows what will be.
        path = f"/console/chains/{chain.slug}/subscription/"
        shown = console.get(path).content.decode()
        quoted = console.post(f"{path}quote/", {"plan": agreed}).content.decode()
        least = "A" if stores + 1 < 5 else "B" if stores + 1 < 16 else "C"
        assert f"{stores + 1} 家，至少 {least} 版" in shown
        if plan is None:
            assert mails == []
            assert f"2026-04-02 起为 {agreed} 版" in shown
            assert "与现在的订阅相同" in quoted
            return
        assert f"届时将改为 {plan} 版" in told
        assert [mail.recipients for mail in mails] == [[chain.owner.email]]
        assert f"原定 2026-04-02 起改为 {agreed} 版" in mails[0].body
        assert "Nothing is charged now" in mails[0].body
        assert (f"2026-04-02 起为 {plan} 版" in shown) == (plan != "C")
        assert f"2026-04-02 起为 {agreed} 版" not in shown
        assert f"营业门店数要求至少 {plan} 版" in quoted
        with in_public():
            before = Charge.objects.count()
            count_stores()
            raise_to_floor()
            assert Subscription.objects.get(chain=chain).next_plan == plan
            assert Charge.objects.count() == before
