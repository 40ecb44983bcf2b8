"""The platform's staff: a second factor, the payment inbox, refunds, adjustments by four eyes."""

import re
from collections.abc import Callable
from datetime import datetime

import pytest
from django.test import Client

from billing.accounts.domain import GRACE, AccountStanding, Contra
from billing.accounts.models import Adjustment
from billing.accounts.queries import standing_of
from billing.accounts.services import credit
from billing.payments import services
from billing.payments.domain import EventState, Method
from billing.payments.models import Attempt, PaymentEvent
from billing.simulator import paying
from kernel import clock
from kernel.db import in_public
from kernel.ids import uuid7
from tenants.chains.models import Chain
from tenants.people.domain import SYSTEM
from tests import cast
from tests.portal.platform.conftest import Clerk

ClientOf = Callable[..., Client]
PAGES = [
    "events/",
    "payments/",
    "adjustments/",
    "prices/",
    "prices/new/",
    "prices/2026-01/",
    "prices/2026-01/csv/",
    "chains/",
    "health/",
    "health/chains/",
    "invoices/",
]


@pytest.fixture
def shop(database: None, sent_tasks: list[str]) -> Chain:
    return cast.request("yunshan")


@pytest.mark.parametrize("page", PAGES)
def test_only_staff_with_a_second_factor(client_of: ClientOf, clerk: Clerk, page: str) -> None:
    assert client_of(None).get(f"/platform/{page}")["Location"].startswith("/accounts/login/")
    assert clerk("li", second_factor=False).get(f"/platform/{page}")["Location"] == "/accounts/2fa/"
    owner = client_of(None)
    with in_public():
        owner.force_login(cast.make_owner())
    assert owner.get(f"/platform/{page}").status_code == 403
    assert clerk("wang").get(f"/platform/{page}").status_code == 200


def test_four_eyes_on_an_adjustment(clerk: Clerk, shop: Chain) -> None:
    li, wang = clerk("li"), clerk("wang")
    asked = {"slug": "yunshan", "direction": "in", "amount": "12.50", "reason": "多扣一次"}
    assert "没有这个商户" in li.post("/platform/adjustments/", {**asked, "slug": "nobody"}).content.decode()
    assert li.post("/platform/adjustments/", asked).status_code == 302
    with in_public():
        adjustment = Adjustment.objects.get()
    path = f"/platform/adjustments/{adjustment.pk}/"
    assert "您自己的申请" in li.get("/platform/adjustments/").content.decode()
    li.post(f"{path}approve/")
    assert "调整须由另一位平台员工审批" in li.get("/platform/adjustments/").content.decode()
    with in_public():
        assert standing_of(shop.pk) == AccountStanding(0, 0)
    assert f"{path}approve/" in wang.get("/platform/adjustments/").content.decode()
    wang.post(f"{path}approve/")
    page = wang.get("/platform/adjustments/").content.decode()
    assert "已通过并入账" in page
    assert "已入账" in page
    wang.post(f"{path}reject/")
    with in_public():
        assert standing_of(shop.pk) == AccountStanding(1_250, 0)


def test_an_adjustment_is_rejected(clerk: Clerk, shop: Chain) -> None:
    li, wang = clerk("li"), clerk("wang")
    asked = {"slug": "yunshan", "direction": "out", "amount": "5", "reason": "漏收", "owed": "500"}
    li.post("/platform/adjustments/", asked)
    with in_public():
        adjustment = Adjustment.objects.get()
    assert adjustment.amount_fen == -500
    wang.post(f"/platform/adjustments/{adjustment.pk}/reject/")
    assert "已驳回" in wang.get("/platform/adjustments/").content.decode()


@pytest.mark.parametrize(
    ("language", "owes", "from_then", "whose"),
    [
        (
            "zh-hans",
            "余额不够，入账后账户将欠费",
            "一直未付清的话，从 {day} 起暂停",
            "账户将欠费 ¥7.50，未付清则从 {day}",
        ),
        (
            "en",
            "once posted, the account will owe",
            "from {day}.",
            "The account will owe ¥7.50; unless paid off, nothing new",
        ),
    ],
)
def test_what_will_be_owed_is_told_to_both(
    clerk: Clerk, shop: Chain, held_clock: datetime, language: str, owes: str, from_then: str, whose: str
) -> None:
    li, wang = clerk("li"), clerk("wang")
    for browser in (li, wang):
        browser.cookies["django_language"] = language
    with in_public():
        credit(
            chain_id=shop.pk, amount_fen=1_250, key="t", source=Contra.CASH_STRIPE, actor=SYSTEM,
            occurred_at=clock.now(),
        )  # fmt: skip
    day = f"{clock.today() + GRACE:%Y-%m-%d}"
    covered = {"slug": "yunshan", "direction": "out", "amount": "12.50", "reason": "漏收"}
    assert li.post("/platform/adjustments/", covered).status_code == 302
    page = wang.get("/platform/adjustments/").content.decode()
    assert owes not in page
    asked = covered | {"amount": "20"}
    # Told first; and again when the amount was changed meanwhile.
    for tried in (asked, asked | {"owed": "749"}):
        told = li.post("/platform/adjustments/", tried)
        page = told.content.decode()
        assert (told.status_code, told.context["owing"]) == (200, (750, clock.today() + GRACE))
        assert owes in page
        assert from_then.format(day=day) in page
    with in_public():
        assert Adjustment.objects.count() == 1
    assert li.post("/platform/adjustments/", asked | {"owed": told.context["owed"]}).status_code == 302
    page = wang.get("/platform/adjustments/").content.decode()
    for words in (owes, from_then.format(day=day), whose.format(day=day), "¥7.50"):
        assert words in page, words
    # What a button is called says yuan.
    assert re.search(r'sr-only"> [^<]*<span class="money">-¥20.00</span></span></button>', page)
    assert "-2000" not in page
    with in_public():
        adjustment = Adjustment.objects.latest("pk")
        assert str(adjustment) == f"{shop.pk} -¥20.00"
    wang.post(f"/platform/adjustments/{adjustment.pk}/approve/")
    with in_public():
        assert standing_of(shop.pk) == AccountStanding(0, 750)
        shop.refresh_from_db()
        assert shop.held_from == clock.today() + GRACE


def test_the_inbox(clerk: Clerk, shop: Chain) -> None:
    now = clock.now()
    with in_public():
        event = PaymentEvent.objects.create(
            event_id="evt_1", type="payment_intent.succeeded", object_id="pi_none", occurred_at=now, received_at=now,
            due_at=now, state=EventState.ATTENTION, problem="not_ours",
        )  # fmt: skip
    li = clerk("li")
    assert "not_ours" in li.get("/platform/events/").content.decode()
    assert "pi_none" not in li.get("/platform/events/?state=DONE").content.decode()
    li.post(f"/platform/events/{event.pk}/resend/")
    services.process_due()
    assert "not_found" in li.get("/platform/events/?state=").content.decode()
    li.post(f"/platform/events/{event.pk}/ignore/")
    li.post(f"/platform/events/{event.pk}/ignore/")
    assert "已经处理完毕" in li.get("/platform/events/?state=IGNORED").content.decode()
    li.post("/platform/events/99/resend/")
    assert "找不到这条支付通知" in li.get("/platform/events/").content.decode()


def test_a_refund(clerk: Clerk, shop: Chain) -> None:
    paid = services.start_top_up(
        actor=SYSTEM, chain_id=shop.pk, attempt_id=uuid7(), amount_fen=5_000, method=Method.ALIPAY,
        back="http://localhost/", language="en",
    )  # fmt: skip
    with in_public():
        paying.pay(paid.object_id)
    services.look_at(paid.pk, at_once=True)
    li = clerk("li")
    assert f"/platform/payments/{paid.pk}/refund/" in li.get("/platform/payments/?chain=yunshan").content.decode()
    path = f"/platform/payments/{paid.pk}/refund/"
    assert 'value="50.00"' in li.get(path).content.decode()
    key = str(uuid7())
    assert "最多还可退" in li.post(path, {"key": key, "amount": "50.01", "reason": "x"}).content.decode()
    for _twice in range(2):
        answer = li.post(path, {"key": key, "amount": "20", "reason": "多付"})
        assert answer["Location"] == "/platform/payments/?chain=yunshan"
    with in_public():
        assert standing_of(shop.pk) == AccountStanding(3_000, 0)
        assert Attempt.objects.filter(of=paid).count() == 1
    assert li.get(f"/platform/payments/{uuid7()}/refund/").status_code == 404
    assert "没有这个商户" in li.get("/platform/payments/?chain=nobody").content.decode()
