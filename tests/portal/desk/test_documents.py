"""Documents and card stock at the desk: from the request for cards to the card that is issued."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from kernel import clock
from kernel.calendar import add_working_days
from kernel.db import in_chain as in_schema
from membership.cards.domain import NumberRange
from membership.cards.models import Card
from membership.cards.services import make_cards
from membership.documents import services as documents
from membership.documents.models import Document
from membership.stock import services
from membership.stock.models import CardPlace, CardRange, Drawing, StockPolicy
from tenants.chains.models import Chain
from tenants.people.domain import SYSTEM
from tenants.people.models import User
from tenants.people.services import assign_role
from tenants.stores.models import Store

AtDesk = Callable[..., Client]
Queries = Callable[[int], AbstractContextManager[None]]


@pytest.fixture
def six(chain_of_6: Chain, client_of: Callable[..., Client]) -> AtDesk:
    """``six("STORE_MANAGER", name="head", store=1)``: a browser in 银杏, which has six stores."""

    def logged_in(*roles: str, name: str = "", store: int | None = None) -> Client:
        browser = client_of(chain_of_6)
        with in_schema(chain_of_6.schema_name):
            name = name or "-".join(roles).lower()
            person = User.objects.create(username=name, name=name)
            store_id = None if store is None else Store.objects.order_by("pk")[store].pk
            for role in roles:
                assign_role(actor=SYSTEM, user_id=person.pk, role_code=role, store_id=store_id)
            browser.force_login(person)
        return browser

    return logged_in


@pytest.fixture
def within(chain_of_6: Chain) -> Callable[[], AbstractContextManager[None]]:
    """``with within(): …`` is a transaction in 银杏."""
    return lambda: in_schema(chain_of_6.schema_name)


@pytest.fixture
def cards(within: Callable[[], AbstractContextManager[None]]) -> CardRange:
    """Twenty gold cards in the central stock."""
    with within():
        return services.make_range(
            actor=SYSTEM, level_code="GOLD", numbers=NumberRange(prefix="66", first=1, quantity=20)
        )


def _text(answer: Any) -> str:
    return answer.content.decode()  # type: ignore[no-any-return]


def _step(browser: Client, number: str, step: str, note: str = "") -> Any:
    page = browser.get(f"/desk/documents/{number}/")
    form = {"step": step, "version": page.context["document"]["version"], "note": note}
    return browser.post(f"/desk/documents/{number}/step/", form, follow=True)


def test_from_the_request_to_the_card_that_is_issued(six: AtDesk, within: Any) -> None:
    """R-F01 – R-F08: written by a clerk's branch, signed, approved, made, delivered, signed for, drawn."""
    manager, second = six("STORE_MANAGER", name="head", store=0), six("STORE_MANAGER", name="deputy", store=0)
    office, service = six("HEAD_OFFICE"), six("MEMBER_SERVICE")
    wanted = (clock.today() + timedelta(days=20)).isoformat()
    asked = {"type_code": "ORDINARY", "level_code": "GOLD", "quantity": "10", "wanted_on": wanted, "reason": "断货"}
    answer = second.post("/desk/documents/new/MAKING_REQUEST/", asked | {"submit": "1"}, follow=True)
    number = answer.context["document"]["number"]
    assert answer.context["document"]["state"] == "SUBMITTED"
    assert number not in _text(office.get("/desk/documents/"))
    assert number in _text(manager.get("/desk/documents/"))
    assert "等待：分公司负责人签字" in _text(manager.get(f"/desk/documents/{number}/"))
    assert "已审批" in _text(_step(manager, number, "APPROVE"))
    assert "已审批" in _text(_step(office, number, "APPROVE", "同意"))
    make = f"/desk/stock/make/{number}/"
    assert make in _text(service.get(f"/desk/documents/{number}/"))
    assert service.get(make).context["form"].initial == {"quantity": 10}
    numbers = {
        "number_prefix": "66",
        "first": "1",
        "width": "8",
        "quantity": "10",
        "code_prefix": "gz",
        "code_first": "1",
    }
    made = service.post(make, numbers | {"code_width": "6"}, follow=True)
    assert "已制卡 10 张：6600000001 至 6600000010。" in _text(made)
    assert "GZ000001 – GZ000010" in _text(made)
    assert service.post(make, numbers | {"first": "50"}).status_code == 409

    with within():
        cards = CardRange.objects.get()
        store_id = Store.objects.order_by("pk")[0].pk
    deliver = f"/desk/stock/ranges/{cards.pk}/deliver/"
    form = service.get(deliver).context["form"]
    assert (form.initial["first_number"], form.initial["last_number"]) == ("6600000001", "6600000010")
    today = clock.today().isoformat()
    sending = {"store": store_id, "first_number": "6600000001", "last_number": "6600000006", "keeper": "陈立人"}
    refused = service.post(deliver, sending | {"planned_on": today})
    assert refused.status_code == 409
    assert "须提前 3 个工作日报备" in _text(refused)
    sent = service.post(deliver, sending | {"planned_on": today, "reason": "断货"}, follow=True)
    paper = sent.context["document"]["number"]
    assert [action["label"] for action in manager.get(f"/desk/documents/{paper}/").context["actions"]] == ["签收"]
    issue = {"card_number": "6600000001", "who": "new", "name": "林静", "phone": "13900001234"}
    assert "尚未放行给本店（下发在途" in _text(manager.post("/desk/cards/issue/", issue))
    assert "已完成" in _text(_step(manager, paper, "COMPLETE"))
    other = six("MEMBER_SERVICE", name="other")
    drawn = {"level": "GOLD", "quantity": "2", "drawn_by": "叶知秋"}
    assert "6600000001 至 6600000002" in _text(other.post("/desk/stock/draw/", drawn, follow=True))
    odd = other.post("/desk/stock/draw/", drawn | {"first_number": "6600000005"})
    assert odd.status_code == 409
    assert "应从最小卡号 6600000003 开始领用" in _text(odd)
    assert manager.post("/desk/cards/issue/", issue).status_code == 200
    with within():
        assert Card.objects.get(number="6600000001").status == "ACTIVE"
        assert Drawing.objects.count() == 1
        assert Document.objects.get(number=number).state == "COMPLETED"


def test_a_count_shows_its_difference_and_asks_for_an_explanation(six: AtDesk, within: Any, cards: CardRange) -> None:
    """R-F06."""
    with within():
        StockPolicy.objects.create(announce_days=0)
        store = Store.objects.order_by("pk")[0]
        sent = services.deliver(
            actor=SYSTEM, store_id=store.pk, first_number=cards.first, last_number="6600000010",
            planned_on=clock.today(), keeper="陈立人",
        )  # fmt: skip
        keeper = SYSTEM.__class__(kind="staff", id=99, name="陈", grants=SYSTEM.grants)
        documents.complete(actor=keeper, number=sent.number)
    manager = six("STORE_MANAGER", store=0)
    assert "本期尚未盘点" in _text(manager.get("/desk/stock/"))
    assert "6600000001 – 6600000010" in _text(manager.get("/desk/stock/count/"))
    wrong = manager.post("/desk/stock/count/", {"text": "6600000001\n12345"})
    assert wrong.status_code == 400
    assert "清单中的“12345”不是本商户的卡号。" in _text(wrong)
    answer = manager.post("/desk/stock/count/", {"text": "6600000001 至 6600000008"}, follow=True)
    number = answer.context["document"]["number"]
    assert "盘点有差异" in _text(answer)
    assert "6600000009 – 6600000010" in _text(answer)
    assert "请先填写差异说明" in _text(_step(manager, number, "SUBMIT"))
    edit = f"/desk/documents/{number}/edit/"
    assert "6600000001 至 6600000008" in _text(manager.get(edit))
    typed = {"version": "1", "text": "6600000001 至 6600000008", "explanation": "运输遗失"}
    manager.post(edit, typed)
    stale = manager.post(edit, typed)
    assert stale.status_code == 409
    assert "已被别人处理" in _text(stale)
    assert "已提交" in _text(_step(manager, number, "SUBMIT"))
    # Who filed it is shown no approval, and a forged one is refused.
    assert "APPROVE" not in [
        a["form"]["step"].value() for a in manager.get(f"/desk/documents/{number}/").context["actions"]
    ]
    assert "须由另一个人审批" in _text(_step(manager, number, "APPROVE"))
    finance, office = six("FINANCE"), six("HEAD_OFFICE")
    _step(finance, number, "APPROVE")
    assert office.get(f"/desk/documents/{number}/").context["actions"][0]["label"] == "差异审批"
    _step(office, number, "APPROVE")
    with within():
        assert CardPlace.objects.filter(state="MISSING").count() == 2


def test_cards_go_to_another_store_and_the_register_of_drawings_is_paged(
    six: AtDesk, within: Any, cards: CardRange, queries: Queries
) -> None:
    """R-F05, R-F08: the one keeper hands out, operations agree, the other signs; the register keeps its pages."""
    with within():
        here, there = Store.objects.order_by("pk")[:2]
        services.set_policy(actor=SYSTEM, release_when_made=True, announce_days=3, count_cycle="MONTHLY")
        services.make_range(
            actor=SYSTEM, level_code="GOLD", numbers=NumberRange(prefix="67", first=1, quantity=60), store_id=here.pk
        )
        for name in ["叶知秋", *["领班"] * 22]:
            services.draw(actor=SYSTEM, store_id=here.pk, level_code="GOLD", quantity=2, drawn_by=name)
    planner, keeper = six("PLANNING"), six("STORE_MANAGER", name="keeper", store=0)
    with queries(9):
        page = planner.get("/desk/stock/draw/")
    assert len(page.context["drawings"]) == 20
    rows = planner.get(f"/desk/stock/draw/{page.context['next_page_url']}", headers={"HX-Request": "true"})
    assert len(rows.context["drawings"]) == 3
    assert "叶知秋" in _text(rows)
    for asked in ("q=叶知秋", "q=6700000002"):
        assert [d.first for d in planner.get(f"/desk/stock/draw/?{asked}").context["drawings"]] == ["6700000001"]
    assert "没有符合条件的领用" in _text(planner.get("/desk/stock/draw/?until=2020-01-01"))
    assert "6700000047" in _text(keeper.get("/desk/stock/lying/"))
    new = "/desk/documents/new/STOCK_TRANSFER/"
    assert new in _text(keeper.get("/desk/stock/"))
    given = {"to_store": there.pk, "keeper": "程前", "reason": "旺季", "submit": "1"}
    assert keeper.post(new, given | {"text": "6700000001"}).status_code == 409
    sent = keeper.post(new, given | {"text": "6700000047 至 6700000050"}, follow=True)
    paper = sent.context["document"]["number"]
    other = six("STORE_MANAGER", name="other", store=1)
    assert other.get(f"/desk/documents/{paper}/").context["actions"] == []
    _step(planner, paper, "APPROVE")
    assert paper in _text(other.get("/desk/documents/"))
    assert paper not in _text(keeper.get("/desk/documents/"))
    assert [action["label"] for action in other.get(f"/desk/documents/{paper}/").context["actions"]] == ["签收"]
    assert "已完成" in _text(_step(other, paper, "COMPLETE"))
    with within():
        assert CardPlace.objects.filter(store=there, state="STORE").count() == 4


def test_cards_of_before_are_taken_into_stock(six: AtDesk, within: Any) -> None:
    service, path = six("MEMBER_SERVICE"), "/desk/stock/take-in/"
    assert "所有空闲卡都已纳入库存" in _text(service.get(path))
    with within():
        make_cards(actor=SYSTEM, level_code="GOLD", numbers=NumberRange(prefix="55", first=1, quantity=3))
        store = Store.objects.order_by("pk")[0]
    assert "3 张空闲卡未纳入库存" in _text(service.get("/desk/stock/"))
    refused = service.post(path, {"where": "central", "text": "9"})
    assert refused.status_code == 409
    answer = service.post(path, {"where": store.pk, "text": "5500000001 至 5500000002"}, follow=True)
    assert "已将 2 张卡纳入库存" in _text(answer)
    with within():
        assert CardPlace.objects.filter(store=store, state="STORE").count() == 2
    assert six("STORE_MANAGER", store=0).get(path).status_code == 403


def test_destruction_is_signed_by_two_witnesses(six: AtDesk, within: Any, cards: CardRange) -> None:
    """R-E05."""
    treasury, finance, service = six("TREASURY"), six("FINANCE"), six("MEMBER_SERVICE")
    form = {"where": "central", "reason": "印刷错误", "text": "6600000001 至 6600000003"}
    filed = service.post("/desk/stock/destroy/", form, follow=True)
    number = filed.context["document"]["number"]
    for witness in (treasury, finance):
        assert "已审批" in _text(_step(witness, number, "APPROVE"))
    with within():
        assert Card.objects.filter(status="DESTROYED").count() == 3
    again = service.post("/desk/stock/destroy/", form)
    assert again.status_code == 409
    assert "只能销毁空白卡和已回收的卡" in _text(again)


def test_a_step_says_why_and_a_reload_does_nothing_twice(six: AtDesk, cards: CardRange) -> None:
    service, treasury = six("MEMBER_SERVICE"), six("TREASURY")
    form = {"where": "central", "reason": "印刷错误", "text": "6600000001"}
    number = service.post("/desk/stock/destroy/", form, follow=True).context["document"]["number"]
    path = f"/desk/documents/{number}/step/"
    assert treasury.post(path, {"step": "REJECT", "version": "2", "note": ""}).status_code == 400
    assert "已驳回" in _text(treasury.post(path, {"step": "REJECT", "version": "2", "note": "数量不对"}, follow=True))
    assert "已被别人处理" in _text(
        treasury.post(path, {"step": "REJECT", "version": "2", "note": "数量不对"}, follow=True)
    )
    page = _text(service.get(f"/desk/documents/{number}/"))
    assert "数量不对" in page
    assert "监销人甲" in page
    assert treasury.post(path, {"step": "NONSENSE"}).status_code == 302


def test_lists_keep_their_query_count(six: AtDesk, within: Any, cards: CardRange, queries: Queries) -> None:
    service = six("MEMBER_SERVICE")

    def more() -> None:
        with within():
            for store in Store.objects.order_by("pk")[:3]:
                services.request_cards(
                    actor=SYSTEM, store_id=store.pk, level_code="GOLD", quantity=5, wanted_on=clock.today(), reason="x"
                )
            first = 1000 + CardRange.objects.count() * 10
            services.make_range(actor=SYSTEM, level_code="GOLD", numbers=NumberRange("66", first, 5))

    for _round in range(2):
        more()
        with queries(7):
            service.get("/desk/documents/?which=all")
        with queries(7):
            service.get("/desk/documents/")
        with queries(10):
            service.get("/desk/stock/")
        with queries(8):
            service.get("/desk/stock/ranges/")
    with queries(10):
        service.get(f"/desk/stock/ranges/{cards.pk}/")
    with within():
        number = Document.objects.order_by("pk")[0].number
    with queries(9):
        service.get(f"/desk/documents/{number}/")


def test_what_is_not_for_her_is_not_found_or_forbidden(six: AtDesk, within: Any, cards: CardRange) -> None:
    with within():
        store = Store.objects.order_by("pk")[1]
        request = services.request_cards(
            actor=SYSTEM, store_id=store.pk, level_code="GOLD", quantity=5, wanted_on=clock.today(), reason="x"
        )
    manager, cashier = six("STORE_MANAGER", store=0), six("CASHIER")
    for browser in (manager, cashier):
        assert browser.get(f"/desk/documents/{request.number}/").status_code == 404
        assert browser.post(f"/desk/documents/{request.number}/step/", {"step": "APPROVE"}).status_code == 404
        assert request.number not in _text(browser.get("/desk/documents/?which=all"))
    for path in ("", "ranges/", "draw/", "count/", "destroy/", "settings/"):
        assert cashier.get(f"/desk/stock/{path}").status_code == 403
    assert cashier.get("/desk/documents/new/MAKING_REQUEST/").status_code == 403
    assert manager.get("/desk/documents/new/DELIVERY/").status_code == 404
    assert manager.get("/desk/stock/ranges/9999/").status_code == 404


def test_a_chain_sets_how_it_keeps_its_stock(six: AtDesk, within: Any) -> None:
    information = six("INFORMATION")
    form = {"announce_days": "5", "count_cycle": "QUARTERLY", "release_when_made": "on"}
    assert information.post("/desk/stock/settings/", form).status_code == 302
    with within():
        policy = StockPolicy.objects.get()
    assert (policy.announce_days, policy.count_cycle, policy.release_when_made) == (5, "QUARTERLY", True)


def test_a_day_that_keeps_the_notice_is_offered(six: AtDesk, cards: CardRange) -> None:
    page = six("PLANNING").get(f"/desk/stock/ranges/{cards.pk}/deliver/")
    assert page.context["form"].initial["planned_on"] == add_working_days(clock.today(), 3)
