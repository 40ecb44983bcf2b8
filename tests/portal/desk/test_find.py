"""The quick search: by number, telephone, name and plate, one query a kind."""

from collections.abc import Callable
from contextlib import AbstractContextManager

from django.test import Client

from kernel import clock
from membership.vehicles.models import Vehicle
from tests.membership.conftest import Holder

AtDesk = Callable[..., Client]
InChain = Callable[..., AbstractContextManager[None]]
Queries = Callable[[int], AbstractContextManager[None]]


def test_a_scanned_card_leads_straight_to_its_page(at_desk: AtDesk, holder: Holder) -> None:
    answer = at_desk("CASHIER").get("/desk/find/?q=8800 0000 01")
    assert answer["Location"] == f"/desk/cards/{holder.number}/"


def test_everything_of_a_name_a_telephone_or_a_plate_is_found(
    at_desk: AtDesk, in_chain: InChain, issue: Callable[..., Holder], queries: Queries
) -> None:
    lin, _wang = issue("林静", "13900001234"), issue("王小明", "13811119999")
    with in_chain():
        Vehicle.objects.create(plate="沪A12345", owner_id=lin.member.pk, created_at=clock.now())
    browser = at_desk("CASHIER")
    browser.get("/desk/find/?q=1234")
    with queries(8):
        found = browser.get("/desk/find/?q=1234").context
    assert [card["number"] for card in found["cards"]] == [lin.number]
    assert [member["name"] for member in found["members"]] == ["林静"]
    by_plate = browser.get("/desk/find/?q=沪A12").context
    assert [vehicle.plate for vehicle in by_plate["vehicles"]] == ["沪A12345"]
    assert [member["name"] for member in browser.get("/desk/find/?q=王").context["members"]] == ["王小明"]
    assert browser.get("/desk/till/card/?card=沪a12345").context["look"]["card"]["number"] == lin.number


def test_nothing_and_too_little_say_so(at_desk: AtDesk, holder: Holder) -> None:
    browser = at_desk("CASHIER")
    assert "没有找到" in browser.get("/desk/find/?q=没有这人").content.decode()
    assert "请至少输入两位。" in browser.get("/desk/find/?q=8").content.decode()
    assert browser.get("/desk/find/").status_code == 200
    assert browser.get("/desk/find/?q=%00").status_code == 200


def test_who_may_look_at_neither_has_no_search(at_desk: AtDesk) -> None:
    browser = at_desk("SUPPLY")
    if browser.get("/desk/find/?q=ab").status_code == 403:
        assert "/desk/find/" not in browser.get("/desk/").content.decode()
