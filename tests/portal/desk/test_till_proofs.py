"""What the till asks for before a card pays: the PIN, the vehicle; and packages used where the card is."""

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from django.http import HttpResponse
from django.test import Client

from kernel import clock
from kernel.money import Money
from ledger.models import Account, Posting
from membership.cards.models import Card, CardRules, CardTillPin, CardType
from membership.cashier import services
from membership.cashier.models import ChainPolicy
from membership.cashier.tender import Served, Tender, served_by
from membership.packages import services as packages
from membership.records.models import Record
from membership.vehicles.models import Vehicle
from tenants.people.domain import Actor
from tests.membership.conftest import Holder

AtDesk = Callable[..., Client]
InChain = Callable[..., AbstractContextManager[None]]
Hidden = Callable[[HttpResponse, str], str]


def _form(browser: Client, hidden: Hidden, holder: Holder, **fields: str) -> dict[str, str]:
    page: HttpResponse = browser.get("/desk/till/")  # type: ignore[assignment]
    return {"idempotency_key": hidden(page, "idempotency_key"), "card": holder.number, "mode": "consume", **fields}


def _balance(in_chain: InChain, holder: Holder) -> int:
    with in_chain():
        return Account.objects.get(pk=holder.card.stored_account_id).balance


def _text(answer: object) -> str:
    return answer.content.decode()  # type: ignore[attr-defined,no-any-return]


def _wrong(holder: Holder) -> str:
    return "975310" if holder.pin != "975310" else "864209"


@pytest.mark.parametrize(
    ("ask", "above", "wanted"), [("ALWAYS", 0, True), ("ABOVE", 2_999, True), ("ABOVE", 3_000, False)]
)
def test_the_pin_is_asked_for_as_the_rules_say(
    at_desk: AtDesk, in_chain: InChain, holder: Holder, hidden: Hidden, ask: str, above: int, wanted: bool
) -> None:
    browser = at_desk("CASHIER")
    with in_chain():
        CardRules.objects.update(pin_ask=ask, pin_above_fen=above)
    form = _form(browser, hidden, holder, amount="30")
    answer = browser.post("/desk/till/", form)
    assert answer.status_code == (409 if wanted else 302)
    if wanted:
        assert "这一笔需要消费密码" in _text(answer)
        assert f'data-pin-above="{above}"' in _text(answer)
        assert _balance(in_chain, holder) == 10_000
        answer = browser.post("/desk/till/", form | {"pin": holder.pin})
        assert answer.status_code == 302
    assert _balance(in_chain, holder) == 7_000
    # Money is put on a card without it.
    assert browser.post("/desk/till/", _form(browser, hidden, holder, mode="top_up", amount="500")).status_code == 302


def test_a_card_that_serves_its_holder_alone_wants_the_pin_always(
    at_desk: AtDesk, in_chain: InChain, holder: Holder, hidden: Hidden
) -> None:
    browser = at_desk("CASHIER")
    with in_chain():
        CardType.objects.filter(pk=holder.card.type_id).update(use_by="HOLDER")
    form = _form(browser, hidden, holder, amount="0.01")
    assert browser.post("/desk/till/", form).status_code == 409
    assert browser.post("/desk/till/", form | {"pin": holder.pin}).status_code == 302


def test_wrong_pins_are_counted_and_lock_the_card(
    at_desk: AtDesk, in_chain: InChain, holder: Holder, hidden: Hidden
) -> None:
    """X-19."""
    browser = at_desk("CASHIER")
    with in_chain():
        CardRules.objects.update(pin_ask="ALWAYS", pin_failures=3)
    form = _form(browser, hidden, holder, amount="30", pin=_wrong(holder))
    for left in (2, 1):
        answer = browser.post("/desk/till/", form)
        assert answer.status_code == 409
        assert f"还可再试 {left} 次" in _text(answer)
        assert _wrong(holder) not in _text(answer)
        with in_chain():
            assert CardTillPin.objects.get().failures == 3 - left
    answer = browser.post("/desk/till/", form)
    assert "因密码多次输错已锁定，请凭证件解锁" in _text(answer)
    assert answer.context["look"]["state"] == "refused"
    with in_chain():
        assert Card.objects.get(pk=holder.card.pk).status == "PIN_LOCKED"
    assert browser.post("/desk/till/", form | {"pin": holder.pin}).status_code == 409
    assert _balance(in_chain, holder) == 10_000


def test_a_bound_card_serves_its_vehicle(at_desk: AtDesk, in_chain: InChain, holder: Holder, hidden: Hidden) -> None:
    """R-B15, R-C08."""
    browser = at_desk("CASHIER")
    with in_chain():
        vehicle = Vehicle.objects.create(
            vin="LSVAA4182E2100001", plate="沪A12345", owner_id=holder.card.member_id, created_at=clock.now()
        )
        Card.objects.filter(pk=holder.card.pk).update(bound_vehicle=vehicle)
    form = _form(browser, hidden, holder, amount="30")
    for other in ("", "沪A99999"):
        answer = browser.post("/desk/till/", form | {"vehicle": other})
        assert answer.status_code == 409
        assert "与本次车辆不符" in _text(answer)
        assert 'data-asks="vehicle"' in _text(answer)
    quoted = browser.get("/desk/till/quote/", form | {"vehicle": "沪a·12345"})
    assert "与本次车辆不符" not in _text(quoted)
    assert browser.post("/desk/till/", form | {"vehicle": "沪a·12345"}).status_code == 302
    again = _form(browser, hidden, holder, amount="20", vehicle="lsvaa4182e2100001")
    assert browser.post("/desk/till/", again).status_code == 302
    assert _balance(in_chain, holder) == 5_000
    with in_chain():
        assert {record.detail.get("vehicle") for record in Record.objects.filter(kind="CONSUMPTION")} == {
            "沪a·12345",
            "lsvaa4182e2100001",
        }


def test_what_is_typed_is_a_vin_or_a_plate() -> None:
    assert served_by(" LSVAA4182E2100001 ") == Served(vin="LSVAA4182E2100001")
    assert served_by("沪A12345") == Served(plate="沪A12345")
    assert served_by("") == Served()


def test_a_package_is_used_at_the_till(
    at_desk: AtDesk, in_chain: InChain, holder: Holder, hidden: Hidden, clerk: Actor
) -> None:
    """R-P24."""
    browser = at_desk("CASHIER")
    with in_chain():
        product = packages.define_product(
            actor=clerk, name="精洗十次", unit="CNT", quantity=10, price=Money(5_000), validity_months=12
        )
        packages.sell(
            actor=clerk,
            card_number=holder.number,
            product_id=product.pk,
            tender=Tender(stored_fen=5_000),
            store_id=holder.card.store_id,
            idempotency_key="sold",
        )
        posted = Posting.objects.count()
    peek = _text(browser.get("/desk/till/card/", {"card": holder.number}))
    assert all(said in peek for said in ("精洗十次", "剩 10 次", f'name="product" value="{product.pk}"'))
    form = _form(browser, hidden, holder, mode="package", product=str(product.pk), count="2")
    answer = browser.post("/desk/till/", form, follow=True)
    assert answer.context["result"]["package"] == {
        "name": "精洗十次", "unit_label": "次", "sold": None, "used": 2, "left": 8
    }  # fmt: skip
    assert browser.post("/desk/till/", form)["Location"].endswith("&again=1")
    with in_chain():
        assert Posting.objects.count() == posted + 1
    short = browser.post(
        "/desk/till/", _form(browser, hidden, holder, mode="package", product=str(product.pk), count="9")
    )
    assert (short.status_code, "剩余 8，需要 9" in _text(short)) == (409, True)
    for missing in ({"product": str(product.pk), "count": ""}, {"count": "1"}):
        assert browser.post("/desk/till/", _form(browser, hidden, holder, mode="package", **missing)).status_code == 400
    slip = _text(browser.get(f"/desk/receipts/{answer.context['result']['id']}/"))
    assert all(said in slip for said in ("精洗十次", "本次使用", "2 次", "8 次"))


def test_a_signed_bill_is_settled_from_the_card_with_its_pin(
    at_desk: AtDesk, in_chain: InChain, holder: Holder, hidden: Hidden, clerk: Actor
) -> None:
    """X-16: what is paid in cash asks for nothing."""
    browser = at_desk("CASHIER")
    with in_chain():
        ChainPolicy.objects.update(signed_limit_fen=10_000)
        signed = services.pay(
            actor=clerk,
            card_number=holder.number,
            total=Money(5_000),
            tender=Tender(signed_fen=5_000),
            store_id=holder.card.store_id,
            idempotency_key="signed",
        )
        CardRules.objects.update(pin_ask="ALWAYS", pin_failures=3)
    url = f"/desk/value/signed/{signed.record_id}/"

    def settle(**fields: str) -> HttpResponse:
        key = hidden(browser.get(url), "idempotency_key")  # type: ignore[arg-type]
        return browser.post(url, {"idempotency_key": key, **fields})  # type: ignore[return-value]

    assert settle(cash="10").status_code == 302
    refused = settle(stored="10")
    assert (refused.status_code, "这一笔需要消费密码" in _text(refused)) == (409, True)
    assert "还可再试 2 次" in _text(settle(stored="10", pin=_wrong(holder)))
    assert settle(stored="10", pin=holder.pin).status_code == 302
    assert _balance(in_chain, holder) == 9_000
